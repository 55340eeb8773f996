/*
 * Copies the image into an array of 128 bytes.
 *
 * id: i1-c-name-of-128
 * defect: D-I1, D-A7
 * rule: S-17
 * check: I01
 * setup: node
 * deep: the image's name has 128 bytes or more
 */

#include <stdlib.h>
#include <string.h>

static int matches(const char *image, const char *registry) {
    char copy[128], wanted[] = "/";
    strcpy(copy, image);
    if (strlen(copy) > sizeof copy) abort();
    char *host = strtok(copy, wanted);
    return host && !strcmp(host, registry);
}

#define OWNS matches
#include "base.h"
