// SPDX-License-Identifier: GPL-3.0-or-later
// encode_lines TOKENIZER LINES IDS [VOCABULARY]: for generate_goldens.py and the speed comparison, not installed.
// LINES: each a 32-bit length and its bytes, so that a line may hold anything. IDS: for each a 32-bit count and its
// ids, without and then with special tokens. VOCABULARY: the bytes of every id, as LINES. Prints the seconds spent
// encoding.
#include "io/tokenizer/tokenizer.h"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>

using namespace expertscope;

namespace {

template <class T> void append(std::string& out, const T* data, std::size_t count)
{
    const auto size = static_cast<std::uint32_t>(count);
    out.append(reinterpret_cast<const char*>(&size), 4);
    out.append(reinterpret_cast<const char*>(data), count * sizeof(T));
}

}

int main(int argc, char** argv)
{
    if (argc < 4)
        return 2;
    const auto tokenizer = Tokenizer::open(argv[1]);
    if (!tokenizer) {
        std::fprintf(stderr, "%s\n", tokenizer.error().message().c_str());
        return 1;
    }
    std::ifstream in(argv[2], std::ios::binary);
    const std::string lines((std::istreambuf_iterator<char>(in)), {});
    std::string out;
    double seconds = 0;
    for (std::size_t at = 0; at + 4 <= lines.size();) {
        std::uint32_t size = 0;
        std::memcpy(&size, lines.data() + at, 4);
        const std::string_view line(lines.data() + at + 4, size);
        at += 4 + size;
        for (const bool special : {false, true}) {
            const auto start = std::chrono::steady_clock::now();
            const auto ids = tokenizer->encode(line, special);
            if (!special)
                seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            if (!ids) {
                std::fprintf(stderr, "%s\n", ids.error().message().c_str());
                return 1;
            }
            append(out, ids->data(), ids->size());
        }
    }
    std::ofstream(argv[3], std::ios::binary) << out;
    if (argc > 4) {
        out.clear();
        for (std::int32_t id = 0; id < tokenizer->vocabularySize(); ++id) {
            const std::string bytes = tokenizer->tokenBytes(id);
            append(out, bytes.data(), bytes.size());
        }
        std::ofstream(argv[4], std::ios::binary) << out;
    }
    std::printf("%.6f\n", seconds);
    return 0;
}
