// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/chunk_codec.h"

#include <libdeflate.h>

#include <bit>
#include <cstring>
#include <memory>
#include <new>

namespace expertscope {

static_assert(std::endian::native == std::endian::little, "traces and journals are little-endian; so is all this code");

namespace {

struct FreeCompressor
{
    void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};
struct FreeDecompressor
{
    void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

libdeflate_compressor* compressor(int level)
{
    thread_local std::unique_ptr<libdeflate_compressor, FreeCompressor> mine;
    thread_local int mineLevel = -1;
    if (level != mineLevel) {
        mine.reset(libdeflate_alloc_compressor(level));
        mineLevel = level;
    }
    if (!mine)
        throw std::bad_alloc();
    return mine.get();
}

libdeflate_decompressor* decompressor()
{
    thread_local std::unique_ptr<libdeflate_decompressor, FreeDecompressor> mine(libdeflate_alloc_decompressor());
    if (!mine)
        throw std::bad_alloc();
    return mine.get();
}

template <std::size_t Size> void shuffle(const std::byte* in, std::byte* out, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t b = 0; b < Size; ++b)
            out[b * count + i] = in[i * Size + b];
    }
}

template <std::size_t Size>
void unshuffle(const std::byte* __restrict in, std::byte* __restrict out, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t b = 0; b < Size; ++b)
            out[i * Size + b] = in[b * count + i];
    }
}

}

std::size_t packedBound(std::size_t rawBytes)
{
    return libdeflate_zlib_compress_bound(nullptr, rawBytes);
}

void packChunk(std::span<const std::byte> raw, std::uint32_t elementSize, int level, std::vector<std::byte>& packed)
{
    thread_local std::vector<std::byte> planes;
    planes.resize(raw.size());
    if (elementSize == 2)
        shuffle<2>(raw.data(), planes.data(), raw.size() / 2);
    else
        shuffle<4>(raw.data(), planes.data(), raw.size() / 4);
    packed.resize(packedBound(raw.size()));
    // The bound is one: this cannot fail.
    const auto size =
        libdeflate_zlib_compress(compressor(level), planes.data(), planes.size(), packed.data(), packed.size());
    packed.resize(size);
}

Expected<void> unpackChunk(std::span<const std::byte> packed, bool deflated, bool shuffled, std::uint32_t elementSize,
    std::span<std::byte> raw)
{
    thread_local std::vector<std::byte> planes;
    std::span<std::byte> target = raw;
    const bool transpose = shuffled && elementSize > 1;
    if (transpose) {
        planes.resize(raw.size());
        target = planes;
    }
    if (deflated) {
        std::size_t size = 0;
        const auto status = libdeflate_zlib_decompress(
            decompressor(), packed.data(), packed.size(), target.data(), target.size(), &size);
        if (status == LIBDEFLATE_SHORT_OUTPUT || (status == LIBDEFLATE_SUCCESS && size != target.size()))
            return fail("chunk inflates to " + std::to_string(size) + " bytes, not " + std::to_string(target.size()));
        if (status == LIBDEFLATE_INSUFFICIENT_SPACE)
            return fail("chunk inflates to more than " + std::to_string(target.size()) + " bytes");
        if (status != LIBDEFLATE_SUCCESS)
            return fail("chunk is damaged (its zlib stream does not decode)");
    } else {
        if (packed.size() != target.size())
            return fail("chunk of " + std::to_string(packed.size()) + " bytes, not " + std::to_string(target.size()));
        std::memcpy(target.data(), packed.data(), packed.size());
    }
    if (transpose) {
        const auto count = raw.size() / elementSize;
        switch (elementSize) {
        case 2:
            unshuffle<2>(planes.data(), raw.data(), count);
            break;
        case 4:
            unshuffle<4>(planes.data(), raw.data(), count);
            break;
        case 8:
            unshuffle<8>(planes.data(), raw.data(), count);
            break;
        default:
            return fail("elements of " + std::to_string(elementSize) + " bytes");
        }
    }
    return {};
}

float roundSignificant(float value, int bits)
{
    auto u = std::bit_cast<std::uint32_t>(value);
    const int drop = 24 - bits;
    if (drop <= 0 || (u & 0x7f800000u) == 0x7f800000u)
        return value;
    const std::uint32_t half = (1u << (drop - 1)) - 1 + ((u >> drop) & 1u);
    auto rounded = u + half;
    if ((rounded & 0x7f800000u) == 0x7f800000u)
        rounded = u; // would become infinity: cut instead
    return std::bit_cast<float>(rounded & ~((1u << drop) - 1));
}

void roundSignificant(std::span<float> values, int bits)
{
    for (auto& value : values)
        value = roundSignificant(value, bits);
}

}
