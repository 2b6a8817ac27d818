// SPDX-License-Identifier: GPL-3.0-or-later
//
// Input: 8 bytes (how many bytes of tensors the file holds), then the header's JSON.
#include "io/checkpoint/safetensors.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace expertscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 8)
        return 0;
    std::uint64_t dataBytes = 0;
    std::memcpy(&dataBytes, data, 8);
    dataBytes &= (std::uint64_t{1} << 62) - 1; // a file's size
    const std::string_view json(reinterpret_cast<const char*>(data) + 8, size - 8);
    const auto header = parseSafetensorsHeader(json, size, dataBytes, "fuzz");
    if (!header) {
        if (header.error().message().empty() || header.error().message().find('\n') != std::string::npos)
            std::abort();
        return 0;
    }
    // What was accepted must hold what the format promises.
    auto entries = header->entries;
    std::sort(entries.begin(), entries.end(),
        [](const auto& a, const auto& b) { return a.offset != b.offset ? a.offset < b.offset : a.bytes < b.bytes; });
    std::uint64_t end = size;
    for (const auto& entry : entries) {
        if (entry.offset != end)
            std::abort();
        end += entry.bytes;
        std::uint64_t elements = 1;
        for (const auto n : entry.shape) {
            if (n < 0)
                std::abort();
            elements *= static_cast<std::uint64_t>(n);
        }
        if (entry.type != ElementType::Other && elements * elementBits(entry.type) / 8 != entry.bytes)
            std::abort();
    }
    if (end != size + dataBytes)
        std::abort();
    for (std::size_t i = 1; i < header->entries.size(); ++i) {
        if (header->entries[i - 1].name >= header->entries[i].name)
            std::abort();
    }
    return 0;
}
