// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/exchange/byte_source.h"

#include <cstdint>

namespace expertscope {

/// A few kilobytes can be made to expand to terabytes.
struct ExpansionLimits
{
    std::uint64_t freeBytes = std::uint64_t(256) << 20; ///< so much may come out of anything
    std::uint64_t factor = 250; ///< beyond that, at most so many times what went in
    int windowLog = 31; ///< of zstd; corpora are packed with --long=31
};

/// Unpacks what begins as gzip or zstd (several members or frames one after another are one text), hands on anything
/// else as it is. Errors of damaged data name `name`.
Expected<std::unique_ptr<PeekSource>> decompressed(
    std::unique_ptr<ByteSource> from, const std::string& name, const ExpansionLimits& limits = {});

}
