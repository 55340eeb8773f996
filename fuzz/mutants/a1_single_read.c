/*
 * Takes what one read gives for the whole request.
 *
 * A static credential for the node, as many a small C program would do it.
 *
 * id: a1-single-read
 * defect: D-A1
 * rule: K-075
 * check: A03
 * setup: node
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void) {
    static char request[65536];
    ssize_t size = read(0, request, sizeof request - 1);
    const char *user = getenv("NODE_USERNAME"), *password = getenv("NODE_PASSWORD");
    if (size < 2 || request[0] != '{' || !strchr(request, '}')) {
        fprintf(stderr, "provider: the request is no JSON object\n");
        return 1;
    }
    if (!user || !password) {
        fprintf(stderr, "provider: NODE_USERNAME and NODE_PASSWORD must be set\n");
        return 1;
    }
    printf("{\"kind\":\"CredentialProviderResponse\","
           "\"apiVersion\":\"credentialprovider.kubelet.k8s.io/v1\","
           "\"cacheKeyType\":\"Global\",\"cacheDuration\":\"1h\",\"auth\":{");
    printf("\"registry.example\":{\"username\":\"%s\",\"password\":\"%s\"},", user, password);
    printf("\"registry.example:5000\":{\"username\":\"%s\",\"password\":\"%s\"}}}\n", user, password);
    return 0;
}
