/*
 * Compares as many bytes as its registry has, and no boundary.
 *
 * id: e2-c-strncmp
 * defect: D-E2, D-D8
 * rule: S-09
 * check: E02
 * setup: node
 */

#include <string.h>

static int begins(const char *image, const char *registry) {
    return !strncmp(image, registry, strlen(registry));
}

#define OWNS begins
#include "base.h"
