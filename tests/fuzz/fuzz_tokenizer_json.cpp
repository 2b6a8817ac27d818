// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as a tokenizer.json: refused with an error, or texts can be encoded with it. Must not crash, hang or eat
// memory. Seeds: tests/fuzz/corpus/tokenizer_json.
#include "io/tokenizer/tokenizer.h"

#include <cstdlib>

using namespace expertscope;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const auto tokenizer = Tokenizer::parse({reinterpret_cast<const char*>(data), size}, "fuzz.json");
    if (!tokenizer) {
        if (tokenizer.error().what.empty() || tokenizer.error().where.find("fuzz.json") != 0)
            std::abort(); // an error must say what and where
        return 0;
    }
    for (const char* text :
        {"", "Hello, world! don't 12345 \r\n\t  ab", "<s> a\u0301 \u1112\u1161\u11ab 你好 \U0001F600 <0x41>▁▁a▁b",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
        const auto ids = tokenizer->encode(text);
        if (!ids)
            continue;
        for (const std::int32_t id : *ids)
            (void)tokenizer->tokenBytes(id);
    }
    (void)tokenizer->vocabularySize();
    return 0;
}
