// SPDX-License-Identifier: GPL-3.0-or-later
//
// From a journal to the HDF5 file (format 1.1): the only code that lays out a trace.
#pragma once

#include "io/trace/journal.h"

namespace expertscope {

/// Writes the trace of all tokens that every site has, under a temporary name, then renames it to `target`. Marked
/// complete when those are all that were planned. Returns their number.
Expected<std::uint64_t> assembleTrace(const std::filesystem::path& target, const Journal& journal);

}
