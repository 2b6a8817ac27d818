// SPDX-License-Identifier: GPL-3.0-or-later
//
// EXPERTSCOPE_SANITIZED: this build watches memory or threads, which takes more address space than limits leave.
#pragma once

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define EXPERTSCOPE_SANITIZED
#elif defined(__has_feature) // clang's way
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define EXPERTSCOPE_SANITIZED
#endif
#endif
