// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/vector_state.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

namespace expertscope {

#if defined(__x86_64__) && defined(__GNUC__)

namespace {

[[gnu::target("avx")]] void free()
{
    _mm256_zeroupper();
}

}

void freeUpperHalves()
{
    static const bool hasAvx = __builtin_cpu_supports("avx");
    if (hasAvx)
        free();
}

#else

void freeUpperHalves() { }

#endif

}
