/*
 * Answers without a look at its request.
 *
 * id: i8-c-never-reads
 * defect: D-I8
 * rule: K-075
 * check: I08
 * setup: node
 */

#include <stdio.h>
#include <stdlib.h>

int main(void) {
    const char *user = getenv("NODE_USERNAME"), *password = getenv("NODE_PASSWORD");
    printf("{\"kind\":\"CredentialProviderResponse\","
           "\"apiVersion\":\"credentialprovider.kubelet.k8s.io/v1\","
           "\"cacheKeyType\":\"Global\",\"cacheDuration\":\"1h\",\"auth\":{");
    printf("\"registry.example\":{\"username\":\"%s\",\"password\":\"%s\"},", user, password);
    printf("\"registry.example:5000\":{\"username\":\"%s\",\"password\":\"%s\"}}}\n", user, password);
    return 0;
}
