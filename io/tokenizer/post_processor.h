// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/tokenizer/json_tree.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace expertscope::tokenizer {

/// The file's "post_processor" for one sequence: TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel
/// (which touches no ids), Sequence.
class PostProcessor
{
public:
    static Expected<PostProcessor> load(const JsonValue& value, const std::string& place);

    /// Whether it puts this id before, or behind, the text.
    bool adds(std::int32_t id, bool behind) const;
    void apply(std::vector<std::int32_t>& ids, bool addSpecialTokens) const;

private:
    struct Item
    {
        bool text; ///< the sequence itself stands here
        std::vector<std::int32_t> ids;
    };
    Expected<void> add(const JsonValue& value, const std::string& place);
    std::optional<std::vector<Item>> m_template;
};

}
