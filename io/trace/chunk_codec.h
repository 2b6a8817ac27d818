// SPDX-License-Identifier: GPL-3.0-or-later
//
// HDF5's shuffle and deflate filters, outside HDF5 and its lock: what packChunk() makes, H5Dwrite_chunk stores and any
// HDF5 reads. The zlib stream ends with an Adler-32 of the bytes, which every reader checks: no further checksum
// needed.
#pragma once

#include "io/base/error.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace expertscope {

/// Shuffles elements of `elementSize` bytes and deflates into `packed` (replaced).
void packChunk(std::span<const std::byte> raw, std::uint32_t elementSize, int level, std::vector<std::byte>& packed);

/// Inflates and unshuffles; `raw` has the exact size that the chunk must have. Names nothing: the caller knows the
/// place.
Expected<void> unpackChunk(std::span<const std::byte> packed, bool deflated, bool shuffled, std::uint32_t elementSize,
    std::span<std::byte> raw);

/// The most bytes packChunk() makes of `rawBytes`.
std::size_t packedBound(std::size_t rawBytes);

/// Rounds to `bits` significant binary digits, ties to even; relative error at most 2^-bits. Infinities and NaN stay.
float roundSignificant(float value, int bits);
void roundSignificant(std::span<float> values, int bits);

}
