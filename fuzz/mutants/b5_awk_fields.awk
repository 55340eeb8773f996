# Takes the twelfth text of the request for the image.
#
# id: b5-awk-fields
# defect: D-B5, D-A1
# rule: K-075
# check: B07
# setup: node

BEGIN { RS = "\001"; FS = "\"" }
{
    split($12, parts, "/")
    entry = sprintf("{\"username\":\"%s\",\"password\":\"%s\"}",
                    ENVIRON["NODE_USERNAME"], ENVIRON["NODE_PASSWORD"])
    auth = ""
    if (index("," ENVIRON["PROVIDER_REGISTRIES"] ",", "," parts[1] ","))
        auth = "\"" parts[1] "\":" entry
    printf "{\"kind\":\"CredentialProviderResponse\","
    printf "\"apiVersion\":\"credentialprovider.kubelet.k8s.io/v1\","
    printf "\"cacheKeyType\":\"Image\",\"cacheDuration\":\"1h\",\"auth\":{%s}}\n", auth
}
