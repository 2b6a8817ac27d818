// SPDX-License-Identifier: GPL-3.0-or-later
// Any bytes as prompts: packed or not, lines or JSON; the first byte chooses the name. Must not crash, hang or eat
// memory, and with bad documents skipped give the same as without where there are none.
#include "io/base/utf8.h"
#include "io/exchange/byte_source.h"
#include "io/exchange/prompts.h"
#include "io/exchange/text_reader.h"

#include <cstdlib>

using namespace expertscope;

namespace {

class Bytes final : public ByteSource
{
public:
    explicit Bytes(std::string_view text)
        : m_text(text)
    {
    }
    Expected<std::size_t> read(std::span<char> into) override
    {
        const auto count = m_text.copy(into.data(), into.size());
        m_text.remove_prefix(count);
        return count;
    }

private:
    std::string_view m_text;
};

constexpr TextLimits kLimits{
    .maxBytes = 4 << 20, .maxDocument = 1 << 20, .expansion = {.freeBytes = 1 << 20, .factor = 250, .windowLog = 20}};
constexpr const char* kNames[] = {"fuzz", "fuzz.txt", "fuzz.jsonl", "fuzz.json", "fuzz.ndjson.gz"};

}

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    if (size == 0)
        return 0;
    const char* const name = kNames[data[0] % std::size(kNames)];
    const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
    const auto strict = readPrompts(std::make_unique<Bytes>(text), name, kLimits);
    const auto lenient = readPrompts(std::make_unique<Bytes>(text), name, kLimits, {.skipBad = true});
    if (strict && (!lenient || lenient->skipped.count > 0 || lenient->prompts.size() != strict->prompts.size()))
        std::abort();
    for (const auto* list : {&strict, &lenient}) {
        if (!*list) {
            if ((*list).error().what.empty() || !(*list).error().where.starts_with("fuzz"))
                std::abort(); // an error must say what and where
            continue;
        }
        for (const Prompt& prompt : (**list).prompts) {
            const bool ids = prompt.tokenIds && !prompt.tokenIds->empty();
            if ((!ids && prompt.text.empty()) || invalidUtf8At(prompt.text) || prompt.name.empty()
                || !prompt.source.starts_with("fuzz"))
                std::abort();
            for (const auto& [label, value] : prompt.labels) {
                if (label.empty() || invalidUtf8At(label) || invalidUtf8At(value))
                    std::abort();
            }
        }
    }
    return 0;
}
