// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/tokenizer/json_tree.h"
#include "io/tokenizer/regex.h"

#include <string>
#include <string_view>
#include <vector>

namespace expertscope::tokenizer {

/// The file's "decoder", applied to one token at a time: ByteLevel, ByteFallback, Replace, Metaspace, BPEDecoder,
/// Strip, Fuse, Sequence. What a decoder does only to the first or the last token of a text (Strip behind Fuse, the
/// space Metaspace takes from the front) is left out, so that tokens join to the text.
class Decoder
{
public:
    static Expected<Decoder> load(const JsonValue& value, const std::string& place);
    std::string bytesOf(std::string_view token, RegexScratch& scratch) const;

private:
    struct Step
    {
        enum class Kind
        {
            ByteLevel,
            ByteFallback,
            Replace
        } kind;
        std::optional<Regex> pattern;
        std::string content;
    };
    Expected<void> add(const JsonValue& value, const std::string& place);
    Expected<void> addReplace(std::string_view from, std::string content, const std::string& place);
    std::vector<Step> m_steps;
    bool m_fused = false;
};

}
