/*
 * Has room for 4 KiB of request, and overwrites what lies behind it.
 *
 * A static credential for the node, as many a small C program would do it.
 *
 * id: a7-fixed-buffer
 * defect: D-A7, D-I1
 * rule: S-17
 * check: I01, A11
 * setup: node
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    static const char wanted[] = "\"CredentialProviderRequest\"";
    char *request = malloc(4096);
    size_t size = 0;
    int byte;
    while ((byte = getchar()) != EOF) request[size++] = (char)byte;
    request[size] = 0;
    const char *user = getenv("NODE_USERNAME"), *password = getenv("NODE_PASSWORD");
    if (!strstr(request, wanted) || !user || !password) {
        fprintf(stderr, "provider: the request cannot be answered\n");
        return 1;
    }
    printf("{\"kind\":\"CredentialProviderResponse\","
           "\"apiVersion\":\"credentialprovider.kubelet.k8s.io/v1\","
           "\"cacheKeyType\":\"Global\",\"cacheDuration\":\"1h\",\"auth\":{");
    printf("\"registry.example\":{\"username\":\"%s\",\"password\":\"%s\"},", user, password);
    printf("\"registry.example:5000\":{\"username\":\"%s\",\"password\":\"%s\"}}}\n", user, password);
    return 0;
}
