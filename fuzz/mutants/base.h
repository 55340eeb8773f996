/*
 * A static credential for the node, as many a small C program would give it.
 * A mutant defines what it does otherwise before it includes this.
 *
 * Members are looked for as texts, which is enough for what a kubelet sends; a
 * request that is no object, or lacks a member, is refused.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_BYTES (4 << 20)

static int refuse(const char *why) {
    fprintf(stderr, "provider: %s\n", why);
    return 1;
}

#ifndef READ_REQUEST
#define READ_REQUEST read_request
static char *read_request(void) {
    char *text = malloc(MOST_BYTES + 1);
    size_t size = text ? fread(text, 1, MOST_BYTES, stdin) : 0;
    if (text) text[size] = 0;
    return text;
}
#endif

/* The text of member `name`, in a buffer of its own; NULL if there is none. */
static char *member(const char *text, const char *name) {
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\"%s\"", name);
    const char *at = strstr(text, wanted);
    if (!at) return NULL;
    at += strlen(wanted);
    while (isspace((unsigned char)*at)) at++;
    if (*at++ != ':') return NULL;
    while (isspace((unsigned char)*at)) at++;
    if (*at++ != '"') return NULL;
    size_t size = strcspn(at, "\"\\");
    if (at[size] != '"') return NULL;
    char *value = malloc(size + 1);
    if (value) memcpy(value, at, size), value[size] = 0;
    return value;
}

/* Whether `text` is one pair of braces, and nothing but white space around it. */
static int is_object(const char *text) {
    int depth = 0, quoted = 0;
    while (isspace((unsigned char)*text)) text++;
    if (*text != '{') return 0;
    do {
        if (quoted && *text == '\\' && text[1]) text++;
        else if (*text == '"') quoted = !quoted;
        else if (!quoted) depth += (*text == '{') - (*text == '}');
    } while (*++text && depth);
    while (isspace((unsigned char)*text)) text++;
    return !depth && !quoted && !*text;
}

#ifndef OWNS
#define OWNS owns
static int owns(const char *image, const char *registry) {
    size_t size = strlen(registry);
    return !strncmp(image, registry, size) && (image[size] == '/' || !image[size]);
}
#endif

int main(void) {
    const char *user = getenv("NODE_USERNAME"), *password = getenv("NODE_PASSWORD");
    char *request = READ_REQUEST();
    if (!request || !user || !password) return refuse("it is not set up");
    if (!is_object(request)) return refuse("the request is no JSON object");
    char *kind = member(request, "kind"), *version = member(request, "apiVersion");
    char *image = member(request, "image");
    if (!kind || strcmp(kind, "CredentialProviderRequest")) return refuse("of another kind");
    if (!version || strcmp(version, "credentialprovider.kubelet.k8s.io/v1"))
        return refuse("of another version than v1");
    if (!image) return refuse("the request has no image");
    printf("{\"kind\":\"CredentialProviderResponse\","
           "\"apiVersion\":\"credentialprovider.kubelet.k8s.io/v1\","
           "\"cacheKeyType\":\"Image\",\"cacheDuration\":\"1h\",\"auth\":{");
    if (OWNS(image, "registry.example:5000") || OWNS(image, "registry.example"))
        printf("\"%.*s\":{\"username\":\"%s\",\"password\":\"%s\"}",
               (int)strcspn(image, "/"), image, user, password);
    printf("}}\n");
    return 0;
}
