// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace expertscope {

/// SHA-256 (FIPS 180-4), for provenance and for checking downloads: feed bytes with update(), then ask once for hex().
class Sha256
{
public:
    void update(std::span<const std::byte> bytes);
    /// 64 lower-case hexadecimal digits of all bytes so far. Does not change the state: more may be added afterwards.
    std::string hex() const;

private:
    void compress(const unsigned char* blocks, std::size_t count);
    void compress(const unsigned char* block);

    std::array<std::uint32_t, 8> m_state{
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<unsigned char, 64> m_block{};
    std::uint64_t m_length = 0; // bytes; the low six bits tell how full m_block is
};

/// The digest of one buffer, 64 lower-case hexadecimal digits.
std::string sha256Hex(std::span<const std::byte> bytes);

}
