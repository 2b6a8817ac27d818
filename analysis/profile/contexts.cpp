// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/profile/contexts.h"

#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

Expected<std::string> bytesOf(const NamedTrace& trace, std::int32_t id)
{
    const auto* const file = dynamic_cast<const TraceFile*>(trace.source.get());
    return file && id >= 0 ? file->tokenBytes(id) : Expected<std::string>(std::string());
}

std::string numberOf(std::int32_t id)
{
    return id < 0 ? "#?" : '#' + std::to_string(id);
}

std::string shownText(std::string_view bytes)
{
    std::string text;
    while (!bytes.empty()) {
        const Character character = takeCharacter(bytes);
        if (character.codepoint == '\n')
            text += "↵";
        else if (character.codepoint == '\t')
            text += "⇥";
        else if (character.codepoint < 0x20 || (character.codepoint >= 0x7f && character.codepoint < 0xa0))
            text += "�";
        else
            text += character.bytes;
    }
    return text;
}

Expected<TokenContext> contextOf(const NamedTrace& trace, TokenIndex token, std::uint32_t around)
{
    const RoutingShape& shape = trace.source->shape();
    TokenContext context;
    context.token = token;
    const auto behind = std::ranges::upper_bound(shape.sequences, token, {}, &Sequence::begin);
    auto at = std::size_t(behind - shape.sequences.begin()) - 1;
    while (shape.sequences[at].length == 0) // empty ones begin where the next one does
        --at;
    const Sequence& sequence = shape.sequences[at];
    context.sequence = SequenceIndex(std::uint32_t(at));
    context.position = std::uint32_t(token.value - sequence.begin.value);
    if (!shape.columns.tokenIds)
        return context;
    const TokenRange range{TokenIndex(token.value - std::min(context.position, around)),
        TokenIndex(std::min(sequence.begin.value + sequence.length, token.value + around + 1))};
    BlockBuffer buffer;
    Columns wanted;
    wanted.tokenIds = true;
    auto block = trace.source->read(SiteIndex(0), range, wanted, buffer);
    if (!block)
        return tl::unexpected(inFile(block.error(), trace.path));
    for (std::uint64_t t = range.begin.value; t < range.end.value; ++t) {
        const std::int32_t id = block->tokenIds[t - range.begin.value];
        std::string& text = t < token.value ? context.before : t == token.value ? context.piece : context.after;
        ES_ASSIGN(const std::string bytes, bytesOf(trace, id));
        if (!bytes.empty())
            text += bytes;
        else // numbers would run together
            text += (t > token.value ? " " : "") + numberOf(id) + (t < token.value ? " " : "");
        if (t == token.value)
            context.id = id;
    }
    return context;
}

}
