/*
 * Cuts off the newline that fgets leaves, whether there is one or not.
 *
 * id: a2-c-fgets
 * defect: D-A2, D-A1
 * rule: K-075
 * check: A02
 * setup: node
 */

#include <stdio.h>
#include <string.h>

static char line[1 << 16];

static char *read_line(void) {
    if (!fgets(line, sizeof line, stdin)) return NULL;
    line[strlen(line) - 1] = 0;
    return line;
}

#define READ_REQUEST read_line
#include "base.h"
