// SPDX-License-Identifier: GPL-3.0-or-later
// encode_lines TOKENIZER LINES IDS [VOCABULARY]: for generate_goldens.py and the speed comparison, not installed.
// LINES: each a 32-bit length and its bytes, so that a line may hold anything. IDS: for each a 32-bit count and its
// ids, without and then with special tokens. VOCABULARY: the bytes of every id, as LINES. Prints the seconds spent
// encoding.
#include "io/tokenizer/tokenizer.h"

#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <vector>

using namespace expertscope;

namespace {

template <class T> void append(std::string& out, const T* data, std::size_t count)
{
    const auto size = static_cast<std::uint32_t>(count);
    out.append(reinterpret_cast<const char*>(&size), 4);
    out.append(reinterpret_cast<const char*>(data), count * sizeof(T));
}

double processorSeconds()
{
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
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
    std::vector<std::string_view> items;
    for (std::size_t at = 0; at + 4 <= lines.size();) {
        std::uint32_t size = 0;
        std::memcpy(&size, lines.data() + at, 4);
        items.push_back(std::string_view(lines).substr(at + 4, size));
        at += 4 + size;
    }
    std::vector<std::vector<std::int32_t>> ids[2];
    double seconds = 0;
    for (const bool special : {false, true}) {
        const double start = processorSeconds();
        for (const std::string_view item : items) {
            auto encoded = tokenizer->encode(item, special);
            if (!encoded) {
                std::fprintf(stderr, "%s\n", encoded.error().message().c_str());
                return 1;
            }
            ids[special].push_back(std::move(*encoded));
        }
        if (!special)
            seconds = processorSeconds() - start;
    }
    std::string out;
    for (std::size_t i = 0; i < items.size(); ++i)
        for (const auto& of : ids)
            append(out, of[i].data(), of[i].size());
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
