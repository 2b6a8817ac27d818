// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace expertscope {

/// SHA-256 of all the code that metrics come from: rebuilt of other code, a program may compute other numbers under the
/// same version. The same in every executable of a build, so that they share a cache. Made by CMake (code_hash.cmake).
extern const char* const kCodeHash;

}
