/*
 * A kubelet image credential provider in C: one static credential for the
 * whole node, from the environment (REGISTRY, REGISTRY_USERNAME,
 * REGISTRY_PASSWORD). No library but libc.
 *
 * The request is scanned as RFC 8259 has it; what is not JSON is refused.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT = 4 * 1024 * 1024, DEPTH = 256 };

static unsigned char *at, *end;

static void fail(const char *why) {
    fprintf(stderr, "c-static: %s\n", why);
    exit(1);
}

static void bad(void) { fail("the request is not one JSON document in UTF-8"); }

static void space(void) {
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
}

/* Return the next byte without taking it; 0 at the end, which JSON never has. */
static int peek(void) { return at < end ? *at : 0; }

static unsigned hex4(void) {
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdef0123456789ABCDEF";
        int byte = peek();
        const char *found = byte ? strchr(digits, byte) : NULL;
        if (!found) bad();
        value = value * 16 + (unsigned)((found - digits) % 16);
        at++;
    }
    return value;
}

static char *put_utf8(char *out, unsigned code) {
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xf0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3f));
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* Take one well-formed UTF-8 character that is no control character. */
static char *take_plain(char *out) {
    int first = peek(), more = 0, low = 0x80, high = 0xbf;
    if (first < 0x20) bad();
    if (first >= 0x80) {
        if (first >= 0xc2 && first <= 0xdf) more = 1;
        else if (first >= 0xe0 && first <= 0xef) more = 2;
        else if (first >= 0xf0 && first <= 0xf4) more = 3;
        else bad();
        if (first == 0xe0) low = 0xa0;
        if (first == 0xed) high = 0x9f;
        if (first == 0xf0) low = 0x90;
        if (first == 0xf4) high = 0x8f;
    }
    *out++ = (char)*at++;
    for (; more; more--, low = 0x80, high = 0xbf) {
        if (peek() < low || peek() > high) bad();
        *out++ = (char)*at++;
    }
    return out;
}

static char *take_escape(char *out) {
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    int letter = peek();
    const char *found = letter ? strchr(letters, letter) : NULL;
    if (!letter) bad();
    at++;
    if (found) {
        *out++ = values[found - letters];
        return out;
    }
    if (letter != 'u') bad();
    unsigned code = hex4();
    if (code >= 0xd800 && code < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
        unsigned char *before = at;
        at += 2;
        unsigned second = hex4();
        if (second >= 0xdc00 && second < 0xe000)
            return put_utf8(out, 0x10000 + ((code - 0xd800) << 10) + (second - 0xdc00));
        at = before;
    }
    /* Halves of pairs and NUL: in no name that we know, so any stand-in will do. */
    if (code == 0 || (code >= 0xd800 && code < 0xe000)) code = 0xfffd;
    return put_utf8(out, code);
}

/* Return a string's value; never longer than what it is written with. */
static char *take_string(void) {
    if (peek() != '"') bad();
    at++;
    size_t room = 1;
    for (unsigned char *look = at; look < end && *look != '"'; look++, room++)
        if (*look == '\\' && look + 1 < end) look++, room++;
    char *text = malloc(room + 4), *out = text;
    if (!text) fail("out of memory");
    while (peek() != '"') {
        if (at == end) bad();
        if (*at == '\\') at++, out = take_escape(out);
        else out = take_plain(out);
    }
    at++;
    *out = 0;
    return text;
}

static void take_word(const char *word) {
    for (; *word; word++, at++)
        if (peek() != *word) bad();
}

static void take_digits(void) {
    if (peek() < '0' || peek() > '9') bad();
    while (peek() >= '0' && peek() <= '9') at++;
}

static void take_number(void) {
    if (peek() == '-') at++;
    if (peek() == '0') at++;
    else take_digits();
    if (peek() == '.') at++, take_digits();
    if (peek() == 'e' || peek() == 'E') {
        at++;
        if (peek() == '+' || peek() == '-') at++;
        take_digits();
    }
}

static char *version, *kind, *image;

/* Remember a member of the outermost object; the last of equal names counts. */
static void keep(const char *name, char *text) {
    char **place = !strcmp(name, "apiVersion") ? &version
                   : !strcmp(name, "kind")     ? &kind
                   : !strcmp(name, "image")    ? &image
                                               : NULL;
    if (place) *place = text;
}

static void take_value(int depth);

static void take_container(int depth) {
    int closing = *at == '{' ? '}' : ']';
    if (depth > DEPTH) fail("the request is nested too deeply");
    at++;
    space();
    if (peek() == closing) {
        at++;
        return;
    }
    for (;;) {
        space();
        if (closing == '}') {
            char *name = take_string();
            space();
            if (peek() != ':') bad();
            at++;
            space();
            if (depth == 1 && peek() == '"') {
                keep(name, take_string());
            } else {
                if (depth == 1) keep(name, NULL);
                take_value(depth);
            }
            free(name);
        } else {
            take_value(depth);
        }
        space();
        if (peek() == closing) {
            at++;
            return;
        }
        if (peek() != ',') bad();
        at++;
    }
}

static void take_value(int depth) {
    space();
    switch (peek()) {
    case '{':
    case '[': take_container(depth + 1); break;
    case '"': free(take_string()); break;
    case 't': take_word("true"); break;
    case 'f': take_word("false"); break;
    case 'n': take_word("null"); break;
    default: take_number();
    }
}

static void print_string(const char *text) {
    putchar('"');
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') printf("\\%c", byte);
        else if (byte < 0x20) printf("\\u%04x", byte);
        else putchar(byte);
    }
    putchar('"');
}

static void read_request(void) {
    unsigned char *data = malloc(LIMIT + 1);
    size_t size = 0;
    if (!data) fail("out of memory");
    while (size <= LIMIT) {
        ssize_t got = read(0, data + size, LIMIT + 1 - size);
        if (got < 0) fail("the request cannot be read");
        if (got == 0) break;
        size += (size_t)got;
    }
    if (size > LIMIT) fail("the request is larger than 4 MiB");
    at = data;
    end = data + size;
}

int main(void) {
    static const char wanted[] = "credentialprovider.kubelet.k8s.io/v1";
    read_request();
    space();
    int first = peek();
    take_value(0);
    space();
    if (at != end) bad();
    if (first != '{') fail("the request is not a JSON object");
    if (!version || strcmp(version, wanted)) fail("the request has another apiVersion than v1");
    if (!kind || strcmp(kind, "CredentialProviderRequest"))
        fail("the request is not a CredentialProviderRequest");
    if (!image) fail("the request has no image");
    const char *registry = getenv("REGISTRY"), *user = getenv("REGISTRY_USERNAME");
    const char *password = getenv("REGISTRY_PASSWORD");
    if (!registry || !*registry || !user || !*user || !password || !*password)
        fail("REGISTRY, REGISTRY_USERNAME and REGISTRY_PASSWORD must be set");
    size_t length = strcspn(image, "/");
    int ours = strlen(registry) == length && !memcmp(image, registry, length);
    /* The credential opens the whole registry; a refusal says nothing about others. */
    printf("{\"auth\":{");
    if (ours) {
        print_string(registry);
        printf(":{\"password\":");
        print_string(password);
        printf(",\"username\":");
        print_string(user);
        printf("}");
    }
    printf("},\"cacheKeyType\":\"%s\",\"cacheDuration\":\"90m\",", ours ? "Registry" : "Image");
    printf("\"kind\":\"CredentialProviderResponse\",\"apiVersion\":\"%s\"}", wanted);
    if (fflush(stdout)) fail("the response cannot be written");
    return 0;
}
