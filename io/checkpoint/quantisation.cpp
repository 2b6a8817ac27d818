// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/checkpoint/quantisation.h"

#include "io/checkpoint/config_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace expertscope {

namespace {

// ------------------------------------------------------------------------------------------------ what the file says

Quantisation parseFp8(ConfigReader& config)
{
    Quantisation how;
    if (config.isNull("weight_block_size")) {
        how.form = StoredForm::Fp8;
        return how;
    }
    const auto sizes = config.integers("weight_block_size");
    if (sizes.size() != 2 || sizes[0] < 1 || sizes[1] < 1 || sizes[0] > INT32_MAX || sizes[1] > INT32_MAX) {
        config.refuse("weight_block_size", "two positive integers were expected");
        return how;
    }
    how.blockRows = sizes[0];
    how.blockColumns = sizes[1];
    return how;
}

std::int64_t parseBits(ConfigReader& config, std::string_view key, std::initializer_list<std::int64_t> readable)
{
    const auto bits = config.integer(key, 4, 1, 64);
    if (std::ranges::find(readable, bits) == readable.end())
        config.refuse(key, "is " + std::to_string(bits) + ", weights of so many bits cannot be read");
    return bits;
}

/// -1: all columns share one scale.
std::int64_t parseGroup(ConfigReader& config, std::int64_t fallback)
{
    const auto size = config.has("group_size") ? config.integer("group_size", fallback, -1, INT32_MAX) : fallback;
    if (size == 0)
        config.refuse("group_size", "is 0");
    return std::max<std::int64_t>(0, size);
}

Quantisation parseGptq(ConfigReader& config)
{
    Quantisation how;
    how.form = StoredForm::Gptq;
    how.bits = parseBits(config, "bits", {4, 8});
    how.groupSize = parseGroup(config, 128);
    const auto format = config.string("checkpoint_format").value_or("gptq");
    if (format != "gptq" && format != "gptq_v2")
        config.refuse("checkpoint_format", "is '" + format.substr(0, 80) + "', gptq or gptq_v2 was expected");
    how.zeroOffset = format == "gptq" ? 1 : 0;
    return how;
}

Quantisation parseAwq(ConfigReader& config)
{
    Quantisation how;
    how.form = StoredForm::Awq;
    how.bits = parseBits(config, config.has("w_bit") ? "w_bit" : "bits", {4});
    how.groupSize = parseGroup(config, 128);
    if (const auto version = config.string("version"); version && *version != "gemm" && *version != "GEMM")
        config.refuse("version", "is '" + version->substr(0, 80) + "', only gemm can be read");
    if (!config.boolean("zero_point", true))
        config.refuse("zero_point", "is false, which cannot be read");
    return how;
}

/// One scheme for all quantised weights; what it says of activations is not computed.
Quantisation parseCompressed(ConfigReader& config)
{
    Quantisation how;
    const auto format = config.string("format").value_or("");
    const bool packed = format == "pack-quantized";
    how.form = packed ? StoredForm::Packed : StoredForm::Fp8;
    if (!packed && format != "float-quantized")
        config.refuse("format", "is '" + format.substr(0, 80) + "', pack-quantized or float-quantized was expected");
    for (const auto key : {"kv_cache_scheme", "sparsity_config", "transform_config"}) {
        const auto object = config.isNull(key) ? std::nullopt : config.object(key);
        if (object && !object->value().object()->empty())
            config.refuse(key, "is not supported");
    }
    const auto groups = config.object("config_groups");
    if (!groups || groups->value().object()->size() != 1) {
        config.refuse("config_groups", "one group was expected");
        return how;
    }
    auto all = *groups;
    auto group = all.object(groups->value().object()->front().first);
    auto weights = group ? group->object("weights") : std::nullopt;
    if (!weights) {
        config.refuse("config_groups", "lacks weights");
        return how;
    }
    const auto type = weights->string("type").value_or("int");
    if (type != (packed ? "int" : "float"))
        weights->refuse("type", "is '" + type.substr(0, 80) + "'");
    const auto strategy = weights->string("strategy").value_or("");
    how.bits = parseBits(*weights, "num_bits", packed ? std::initializer_list<std::int64_t>{4, 8} : std::initializer_list<std::int64_t>{8});
    if (packed) {
        how.zeros = !weights->boolean("symmetric", true);
        if (strategy == "group")
            how.groupSize = parseGroup(*weights, 0);
        else if (strategy != "channel")
            weights->refuse("strategy", "is '" + strategy.substr(0, 80) + "', group or channel was expected");
        if (!weights->isNull("actorder") && weights->string("actorder").value_or("") != "weight"
            && weights->string("actorder").value_or("") != "static")
            weights->refuse("actorder", "orders columns by activation, which cannot be read");
    } else if (strategy == "block") {
        weights->refuse("strategy", "is 'block', which cannot be read in this format");
    } else if (strategy != "tensor" && strategy != "channel") {
        weights->refuse("strategy", "is '" + strategy.substr(0, 80) + "', tensor or channel was expected");
    }
    return how;
}

// ---------------------------------------------------------------------------------------------- what the numbers are

Expected<void> enough(const char* what, std::size_t there, std::int64_t needed)
{
    if (static_cast<std::int64_t>(there) < needed)
        return fail(std::string(what) + " are fewer than its shape asks for");
    return {};
}

/// Bits of a word that holds integers of `bits` bits, lowest first, at a place.
std::uint32_t integerOf(std::uint32_t word, std::int64_t place, std::int64_t bits)
{
    return (word >> (place * bits)) & ((1u << bits) - 1);
}

/// `bits` bits of word-packed integers: 32-bit words, lowest bits first, no integer across two words.
std::uint32_t integerAt(const std::byte* words, std::int64_t index, std::int64_t bits)
{
    const std::int64_t perWord = 32 / bits;
    std::uint32_t word;
    std::memcpy(&word, words + index / perWord * 4, 4);
    return integerOf(word, index % perWord, bits);
}

Expected<std::vector<float>> fromFp8(
    const Quantisation& how, std::int64_t rows, std::int64_t columns, const StoredBytes& stored)
{
    const bool blocks = how.form == StoredForm::Fp8Block;
    const std::int64_t across = blocks ? ceilDiv(columns, how.blockColumns) : 1;
    const bool byRow = !blocks && static_cast<std::int64_t>(stored.scales.size()) == rows && rows > 1;
    const std::int64_t needed = blocks ? ceilDiv(rows, how.blockRows) * across : byRow ? rows : 1;
    ES_TRY(enough("values", stored.values.size(), rows * columns));
    ES_TRY(enough("scales", stored.scales.size(), needed));
    std::array<float, 256> table;
    for (int i = 0; i < 256; ++i)
        table[static_cast<std::size_t>(i)] = fromE4M3(static_cast<std::uint8_t>(i));
    std::vector<float> out(static_cast<std::size_t>(rows * columns));
    for (std::int64_t r = 0; r < rows; ++r) {
        const float* scales =
            stored.scales.data() + (blocks ? r / how.blockRows * across : byRow ? r : std::int64_t{0});
        for (std::int64_t c = 0; c < columns; ++c) {
            const auto at = static_cast<std::size_t>(r * columns + c);
            out[at] = table[static_cast<std::size_t>(stored.values[at])] * scales[blocks ? c / how.blockColumns : 0];
        }
    }
    return out;
}

Expected<std::vector<float>> fromMxfp4(std::int64_t rows, std::int64_t columns, const StoredBytes& stored)
{
    static constexpr std::array<float, 16> kValues{
        0, 0.5f, 1, 1.5f, 2, 3, 4, 6, -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
    const std::int64_t count = rows * columns;
    if (columns % 32 != 0)
        return fail("its columns are no multiple of 32");
    ES_TRY(enough("blocks", stored.values.size(), count / 2));
    ES_TRY(enough("scales", stored.exponents.size(), count / 32));
    std::vector<float> out(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        const auto byte = static_cast<std::uint8_t>(stored.values[static_cast<std::size_t>(i / 2)]);
        const int exponent = static_cast<int>(stored.exponents[static_cast<std::size_t>(i / 32)]) - 127;
        out[static_cast<std::size_t>(i)] = std::ldexp(kValues[i % 2 ? byte >> 4 : byte & 15], exponent);
    }
    return out;
}

Expected<std::vector<float>> fromPacked(
    const Quantisation& how, std::int64_t rows, std::int64_t columns, const StoredBytes& stored)
{
    const std::int64_t perWord = 32 / how.bits, words = ceilDiv(columns, perWord);
    const std::int64_t size = how.groupSize > 0 ? how.groupSize : std::max<std::int64_t>(1, columns);
    const std::int64_t groups = ceilDiv(columns, size), zeroWords = ceilDiv(rows, perWord);
    ES_TRY(enough("values", stored.values.size(), rows * words * 4));
    ES_TRY(enough("scales", stored.scales.size(), rows * groups));
    if (how.zeros)
        ES_TRY(enough("zeros", stored.zeros.size(), zeroWords * groups));
    const int offset = 1 << (how.bits - 1);
    std::vector<float> out(static_cast<std::size_t>(rows * columns));
    for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t c = 0; c < columns; ++c) {
            const std::int64_t group = c / size;
            int zero = offset;
            if (how.zeros) { // packed along rows
                const auto word = stored.zeros[static_cast<std::size_t>(r / perWord * groups + group)];
                zero = static_cast<int>(integerOf(word, r % perWord, how.bits));
            }
            const int q = static_cast<int>(integerAt(stored.values.data() + r * words * 4, c, how.bits));
            out[static_cast<std::size_t>(r * columns + c)] =
                static_cast<float>(q - zero) * stored.scales[static_cast<std::size_t>(r * groups + group)];
        }
    }
    return out;
}

/// Stored [columns, rows]: GPTQ packs along columns, AWQ along rows and in another order.
Expected<std::vector<float>> fromColumns(
    const Quantisation& how, std::int64_t rows, std::int64_t columns, const StoredBytes& stored)
{
    static constexpr std::array<std::int64_t, 8> kAwqPlace{0, 4, 1, 5, 2, 6, 3, 7}; // of each row of eight
    const bool awq = how.form == StoredForm::Awq;
    const std::int64_t perWord = 32 / how.bits;
    const std::int64_t size = how.groupSize > 0 ? how.groupSize : std::max<std::int64_t>(1, columns);
    const std::int64_t groups = ceilDiv(columns, size), rowWords = ceilDiv(rows, perWord);
    const std::int64_t words = awq ? columns * rowWords : ceilDiv(columns, perWord) * rows;
    ES_TRY(enough("values", stored.values.size(), words * 4));
    ES_TRY(enough("scales", stored.scales.size(), groups * rows));
    ES_TRY(enough("zeros", stored.zeros.size(), groups * rowWords));
    if (!stored.groups.empty())
        ES_TRY(enough("groups", stored.groups.size(), columns));
    const std::uint32_t mask = (1u << how.bits) - 1;
    std::vector<float> out(static_cast<std::size_t>(rows * columns));
    for (std::int64_t c = 0; c < columns; ++c) {
        const std::int64_t group = stored.groups.empty() ? c / size : stored.groups[static_cast<std::size_t>(c)];
        if (group < 0 || group >= groups)
            return fail("group " + std::to_string(group) + " of column " + std::to_string(c) + " is none of the "
                + std::to_string(groups));
        for (std::int64_t r = 0; r < rows; ++r) {
            const std::int64_t place = awq ? kAwqPlace[static_cast<std::size_t>(r % 8)] : r % perWord;
            const auto zero
                = integerOf(stored.zeros[static_cast<std::size_t>(group * rowWords + r / perWord)], place, how.bits);
            const std::int64_t word = awq ? c * rowWords + r / perWord : c / perWord * rows + r;
            std::uint32_t packed;
            std::memcpy(&packed, stored.values.data() + word * 4, 4);
            const auto q = integerOf(packed, awq ? place : c % perWord, how.bits);
            const auto z = (zero + static_cast<std::uint32_t>(how.zeroOffset)) & mask;
            out[static_cast<std::size_t>(r * columns + c)] = static_cast<float>(static_cast<int>(q) - static_cast<int>(z))
                * stored.scales[static_cast<std::size_t>(group * rows + r)];
        }
    }
    return out;
}

}

std::optional<Quantisation> parseQuantisation(ConfigReader& config)
{
    for (const auto key : {"compression_config", "quantization_config"}) {
        if (config.isNull(key))
            continue;
        auto quantisation = config.object(key);
        if (!quantisation)
            return std::nullopt;
        const auto method = quantisation->string("quant_method").value_or("");
        if (method == "fp8")
            return parseFp8(*quantisation);
        if (method == "mxfp4") {
            Quantisation how;
            how.form = StoredForm::Mxfp4;
            return how;
        }
        if (method == "compressed-tensors")
            return parseCompressed(*quantisation);
        if (method == "gptq")
            return parseGptq(*quantisation);
        if (method == "awq")
            return parseAwq(*quantisation);
        config.refuse(key,
            "quantised weights" + (method.empty() ? std::string() : " (" + method.substr(0, 80) + ")")
                + " cannot be read yet",
            "fp8, mxfp4, compressed-tensors, gptq and awq can");
    }
    return std::nullopt;
}

std::string_view storedFormName(StoredForm form)
{
    switch (form) {
    case StoredForm::Fp8Block:
        return "fp8 with a scale a block";
    case StoredForm::Fp8:
        return "fp8";
    case StoredForm::Mxfp4:
        return "mxfp4";
    case StoredForm::Packed:
        return "packed integers (compressed-tensors)";
    case StoredForm::Gptq:
        return "GPTQ";
    case StoredForm::Awq:
        return "AWQ";
    }
    return "";
}

float fromE4M3(std::uint8_t bits)
{
    const int exponent = (bits >> 3) & 15, mantissa = bits & 7;
    if (exponent == 15 && mantissa == 7)
        return std::numeric_limits<float>::quiet_NaN();
    const float size = exponent == 0 ? std::ldexp(static_cast<float>(mantissa), -9)
                                     : std::ldexp(static_cast<float>(8 + mantissa), exponent - 10);
    return bits & 128 ? -size : size;
}

Expected<std::vector<float>> dequantise(
    const Quantisation& how, std::int64_t rows, std::int64_t columns, const StoredBytes& stored)
{
    switch (how.form) {
    case StoredForm::Fp8Block:
    case StoredForm::Fp8:
        return fromFp8(how, rows, columns, stored);
    case StoredForm::Mxfp4:
        return fromMxfp4(rows, columns, stored);
    case StoredForm::Packed:
        return fromPacked(how, rows, columns, stored);
    case StoredForm::Gptq:
    case StoredForm::Awq:
        break;
    }
    return fromColumns(how, rows, columns, stored);
}

}
