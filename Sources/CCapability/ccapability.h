#pragma once
#define _GNU_SOURCE 1 /* as CLinux, or the shared system headers differ */
#include <sys/capability.h>
