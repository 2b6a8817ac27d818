// SPDX-License-Identifier: GPL-3.0-or-later
//
// Input: 8 bytes (form, bits, rows, columns, group, block rows, block columns, what is left of each part), then the
// bytes of the parts: values, scales, exponents, zeros, groups.
#include "io/checkpoint/quantisation.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

using namespace expertscope;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    if (size < 8)
        return 0;
    Quantisation how;
    how.form = static_cast<StoredForm>(data[0] % 6);
    // What parseQuantisation() lets through.
    how.bits = how.form == StoredForm::Awq || data[1] % 2 ? 4 : 8;
    const std::int64_t rows = data[2] % 65 + 1, columns = data[3] % 65 + 1;
    how.groupSize = data[4] % 40;
    how.blockRows = data[5] % 40 + 1;
    how.blockColumns = data[6] % 40 + 1;
    how.zeros = data[1] & 2;
    how.zeroOffset = data[1] & 4 ? 1 : 0;
    // Each part is what is left, or a piece of that; allocated alone, so that a byte beyond it is seen.
    const std::uint8_t* at = data + 8;
    std::size_t left = size - 8;
    const auto take = [&](auto& part, int bit) {
        using T = typename std::decay_t<decltype(part)>::value_type;
        const std::size_t bytes = data[7] & (1 << bit) ? left : left / 2;
        part.resize(bytes / sizeof(T));
        if (!part.empty())
            std::memcpy(part.data(), at, part.size() * sizeof(T));
        at += bytes;
        left -= bytes;
    };
    std::vector<std::byte> values, exponents;
    std::vector<float> scales;
    std::vector<std::uint32_t> zeros;
    std::vector<std::int32_t> groups;
    take(values, 0);
    take(scales, 1);
    take(exponents, 2);
    take(zeros, 3);
    take(groups, 4);
    const auto result = dequantise(how, rows, columns, {values, scales, exponents, zeros, groups});
    if (result ? result->size() != static_cast<std::size_t>(rows * columns)
               : result.error().message().empty() || result.error().message().find('\n') != std::string::npos)
        std::abort();
    return 0;
}
