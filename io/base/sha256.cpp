// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/sha256.h"

#include "io/base/cpu_level.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace expertscope {

namespace {

// FIPS 180-4, 4.2.2
constexpr std::array<std::uint32_t, 64> kRound{0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7,
    0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c,
    0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

std::uint32_t bigEndian(const unsigned char* p)
{
    return std::uint32_t(p[0]) << 24 | std::uint32_t(p[1]) << 16 | std::uint32_t(p[2]) << 8 | std::uint32_t(p[3]);
}

#if defined(__x86_64__) && defined(__GNUC__)

/// Whether the CPU has instructions for it, and they may be used.
bool hasInstructions()
{
    unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
    return cpuLevel() >= CpuLevel::Avx2 && __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & bit_SHA);
}

/// Four rounds with `oldest` of the last sixteen words of the schedule, four a register, which the next four replace.
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void fourRounds(__m128i& abef, __m128i& cdgh, unsigned first,
    __m128i& oldest, __m128i second, __m128i third, __m128i newest)
{
    const auto* const constants = reinterpret_cast<const __m128i*>(kRound.data() + first);
    const __m128i sum = _mm_add_epi32(oldest, _mm_loadu_si128(constants));
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
    const __m128i sevenBack = _mm_alignr_epi8(newest, third, 4);
    oldest = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(oldest, second), sevenBack), newest);
}

/// As compress(). The state lies as a, b, e, f and c, d, g, h, from the last lane on.
[[gnu::target("sha,sse4.1")]] void compressFast(
    std::array<std::uint32_t, 8>& state, const unsigned char* blocks, std::size_t count)
{
    const __m128i reversed = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    __m128i abef = _mm_set_epi32(int(state[0]), int(state[1]), int(state[4]), int(state[5]));
    __m128i cdgh = _mm_set_epi32(int(state[2]), int(state[3]), int(state[6]), int(state[7]));
    for (; count > 0; --count, blocks += 64) {
        const __m128i abefBefore = abef, cdghBefore = cdgh;
        const auto* const words = reinterpret_cast<const __m128i*>(blocks);
        __m128i w0 = _mm_shuffle_epi8(_mm_loadu_si128(words), reversed);
        __m128i w1 = _mm_shuffle_epi8(_mm_loadu_si128(words + 1), reversed);
        __m128i w2 = _mm_shuffle_epi8(_mm_loadu_si128(words + 2), reversed);
        __m128i w3 = _mm_shuffle_epi8(_mm_loadu_si128(words + 3), reversed);
        for (unsigned first = 0; first < 64; first += 16) {
            fourRounds(abef, cdgh, first, w0, w1, w2, w3);
            fourRounds(abef, cdgh, first + 4, w1, w2, w3, w0);
            fourRounds(abef, cdgh, first + 8, w2, w3, w0, w1);
            fourRounds(abef, cdgh, first + 12, w3, w0, w1, w2);
        }
        abef = _mm_add_epi32(abef, abefBefore);
        cdgh = _mm_add_epi32(cdgh, cdghBefore);
    }
    std::uint32_t words[8];
    _mm_storeu_si128(reinterpret_cast<__m128i*>(words), abef);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(words + 4), cdgh);
    state = {words[3], words[2], words[7], words[6], words[1], words[0], words[5], words[4]};
}

#else

bool hasInstructions()
{
    return false;
}
void compressFast(std::array<std::uint32_t, 8>&, const unsigned char*, std::size_t) { }

#endif

}

void Sha256::compress(const unsigned char* blocks, std::size_t count)
{
    static const bool fast = hasInstructions();
    if (fast)
        return compressFast(m_state, blocks, count);
    for (; count > 0; --count, blocks += 64)
        compress(blocks);
}

void Sha256::compress(const unsigned char* block)
{
    std::array<std::uint32_t, 64> w;
    for (std::size_t i = 0; i < 16; ++i)
        w[i] = bigEndian(block + 4 * i);
    for (std::size_t i = 16; i < 64; ++i) {
        const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
        const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    auto [a, b, c, d, e, f, g, h] = m_state;
    for (std::size_t i = 0; i < 64; ++i) {
        const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
        const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + kRound[i] + w[i];
        const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
        const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
        h = g;
        g = f;
        f = e;
        e = d + t1;
        d = c;
        c = b;
        b = a;
        a = t1 + t2;
    }
    const std::array<std::uint32_t, 8> add{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < 8; ++i)
        m_state[i] += add[i];
}

void Sha256::update(std::span<const std::byte> bytes)
{
    if (bytes.empty()) // they may lie nowhere
        return;
    const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
    std::size_t left = bytes.size();
    const std::size_t filled = m_length % 64;
    m_length += left;
    if (filled != 0) {
        const std::size_t take = std::min(left, 64 - filled);
        std::memcpy(m_block.data() + filled, p, take);
        if (filled + take < 64)
            return;
        compress(m_block.data(), 1);
        p += take;
        left -= take;
    }
    compress(p, left / 64);
    if (left % 64 != 0)
        std::memcpy(m_block.data(), p + left / 64 * 64, left % 64);
}

std::string Sha256::hex() const
{
    // The padding of 5.1.1: a one bit, zeros up to 56 mod 64, the length in bits, big-endian.
    Sha256 last = *this;
    std::array<std::byte, 72> padding{std::byte{0x80}};
    const std::size_t zeros = (119 - m_length % 64) % 64;
    for (std::size_t i = 0; i < 8; ++i)
        padding[1 + zeros + i] = static_cast<std::byte>(m_length * 8 >> (56 - 8 * i));
    last.update({padding.data(), 1 + zeros + 8});

    std::string text;
    text.reserve(64);
    for (const std::uint32_t word : last.m_state)
        for (int shift = 28; shift >= 0; shift -= 4)
            text += "0123456789abcdef"[word >> shift & 15];
    return text;
}

std::string sha256Hex(std::span<const std::byte> bytes)
{
    Sha256 hash;
    hash.update(bytes);
    return hash.hex();
}

}
