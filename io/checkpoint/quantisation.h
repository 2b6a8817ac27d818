// SPDX-License-Identifier: GPL-3.0-or-later
//
// How weights are stored that are not plain floating-point numbers, and what they stand for.
#pragma once

#include "io/base/error.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace expertscope {

class ConfigReader;

/// How one weight [rows, columns] is stored. Its value is (q - zero) * scale, rounded once to the scale's own type where
/// the reference libraries compute in that.
enum class StoredForm : std::uint8_t
{
    Fp8Block, ///< e4m3 [rows, columns], a scale a block of rows and columns, not rounded (DeepSeek V3)
    Fp8, ///< e4m3 [rows, columns], one scale, or one a row (compressed-tensors, float-quantized)
    Mxfp4, ///< e2m1 [rows, columns / 32, 16 bytes], low half first; e8m0 scales [rows, columns / 32] (gpt-oss)
    Packed, ///< integers in 32-bit words along columns, offset 2^(bits-1); scales [rows, groups] (compressed-tensors)
    Gptq, ///< integers in 32-bit words along columns, stored [columns, rows]; scales and zeros [groups, rows]
    Awq ///< 4-bit integers in 32-bit words along rows, in AWQ's order, stored [columns, rows]
};

/// What quantization_config says.
struct Quantisation
{
    StoredForm form = StoredForm::Fp8Block;
    std::int64_t bits = 4;
    std::int64_t blockRows = 128, blockColumns = 128; ///< Fp8Block
    std::int64_t groupSize = 0; ///< columns that share a scale; 0: all
    bool zeros = false; ///< Packed: zeros are stored (else 0)
    std::int64_t zeroOffset = 0; ///< Gptq: stored zeros are this much less

    bool operator==(const Quantisation&) const = default;
};

/// Blocks, words or groups of `b` that hold `a`.
constexpr std::int64_t ceilDiv(std::int64_t a, std::int64_t b)
{
    return (a + b - 1) / b;
}

/// Refuses by name what cannot be read. None: the file asks for no quantisation.
std::optional<Quantisation> parseQuantisation(ConfigReader& config);

/// For the user: "fp8 with a scale a block".
std::string_view storedFormName(StoredForm form);

/// The bytes of one weight; what its form does not have is empty. Scales are fp32.
struct StoredBytes
{
    std::span<const std::byte> values;
    std::span<const float> scales;
    std::span<const std::byte> exponents; ///< Mxfp4
    std::span<const std::uint32_t> zeros; ///< 32-bit words, packed as the form has them
    std::span<const std::int32_t> groups; ///< Gptq: the group of each column; empty: column / groupSize
};

/// Values [rows, columns], row by row, before they are rounded to the scale's type. An error names what is too short or
/// out of range.
Expected<std::vector<float>> dequantise(
    const Quantisation& how, std::int64_t rows, std::int64_t columns, const StoredBytes& stored);

/// Of e4m3 without infinities: 0x7f and 0xff are no numbers.
float fromE4M3(std::uint8_t bits);

}
