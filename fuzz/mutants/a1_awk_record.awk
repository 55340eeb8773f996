# Looks at one record of its request, which to awk is a line.
#
# id: a1-awk-record
# defect: D-A1
# rule: K-075
# check: A01
# setup: node

NR == 1 {
    image = $0
    if (image !~ /"CredentialProviderRequest"/ || !sub(/.*"image": *"/, "", image)) exit
    sub(/".*/, "", image)
    known = 1
    exit
}
END {
    if (!known) {
        print "provider: this is no CredentialProviderRequest" > "/dev/stderr"
        exit 1
    }
    split(image, parts, "/")
    entry = sprintf("{\"username\":\"%s\",\"password\":\"%s\"}",
                    ENVIRON["NODE_USERNAME"], ENVIRON["NODE_PASSWORD"])
    auth = ""
    if (index("," ENVIRON["PROVIDER_REGISTRIES"] ",", "," parts[1] ","))
        auth = "\"" parts[1] "\":" entry
    printf "{\"kind\":\"CredentialProviderResponse\","
    printf "\"apiVersion\":\"credentialprovider.kubelet.k8s.io/v1\","
    printf "\"cacheKeyType\":\"Image\",\"cacheDuration\":\"1h\",\"auth\":{%s}}\n", auth
}
