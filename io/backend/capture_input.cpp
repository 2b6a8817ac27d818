// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/capture_input.h"

#include "io/base/text.h"
#include "io/exchange/prompts.h"
#include "io/tokenizer/tokenizer.h"

#include <algorithm>
#include <limits>
#include <set>

namespace expertscope {

namespace {

Expected<void> checkIds(const std::vector<std::int32_t>& ids, std::int64_t vocabularySize, const std::string& source)
{
    for (std::size_t t = 0; t < ids.size(); ++t) {
        if (ids[t] < 0 || ids[t] >= vocabularySize)
            return fail("token " + std::to_string(t) + " has the id " + std::to_string(ids[t])
                    + ", the model's vocabulary ends at " + std::to_string(vocabularySize - 1),
                source);
    }
    return {};
}

/// Documents that are left out, as a note.
std::string leftOut(const SkippedPrompts& skipped, const std::string& why)
{
    return std::to_string(skipped.count) + (skipped.count == 1 ? " document " : " documents ") + why
        + (skipped.count > skipped.reasons.size() ? ", the first: " : ": ") + joined(skipped.reasons, "; ");
}

}

Expected<CaptureInput> readCaptureInput(const CaptureRequest& request, std::int64_t vocabularySize, ThreadPool& pool)
{
    ES_ASSIGN(PromptList list, readPrompts(request.prompts, {.skipBad = request.skipBadPrompts, .stop = request.stop}));
    std::vector<Prompt>& prompts = list.prompts;

    // Ids alone need no tokenizer; but where there is one, the trace gets the tokens' bytes.
    const bool anyText = std::any_of(prompts.begin(), prompts.end(), [](const Prompt& p) { return !p.tokenIds; });
    std::error_code ignored;
    std::optional<Tokenizer> tokenizer;
    if (anyText || std::filesystem::exists(request.model / "tokenizer.json", ignored)) {
        auto opened = Tokenizer::open(request.model);
        if (opened)
            tokenizer.emplace(std::move(*opened));
        else if (anyText)
            return tl::unexpected(std::move(opened).error());
    }

    std::vector<std::optional<Error>> errors(prompts.size());
    pool.run(static_cast<std::int64_t>(prompts.size()), [&](std::int64_t i, int) {
        Prompt& prompt = prompts[static_cast<std::size_t>(i)];
        if (prompt.tokenIds || (request.stop && *request.stop))
            return;
        auto ids = tokenizer->encode(prompt.text);
        if (ids)
            prompt.tokenIds = std::move(*ids);
        else
            errors[static_cast<std::size_t>(i)] = std::move(ids).error();
    });

    if (request.stop && *request.stop)
        return fail("stopped before anything was computed", request.prompts.string());
    CaptureInput input;
    SkippedPrompts withoutTokens;
    std::set<std::int32_t> occurring;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        Prompt& prompt = prompts[i];
        if (errors[i])
            errors[i]->where = prompt.source + (errors[i]->where.empty() ? "" : ": " + errors[i]->where);
        else if (auto checked = checkIds(*prompt.tokenIds, vocabularySize, prompt.source); !checked)
            errors[i] = std::move(checked).error();
        if (errors[i]) {
            if (!request.skipBadPrompts)
                return tl::unexpected<Error>(std::move(*errors[i]));
            list.skipped.add(*errors[i]);
            continue;
        }
        std::vector<std::int32_t>& ids = *prompt.tokenIds;
        if (ids.empty()) {
            withoutTokens.add({prompt.source, {}, {}});
            continue;
        }
        if (request.maxTokens > 0 && input.numTokens >= request.maxTokens) {
            ++input.documentsCut;
            continue;
        }
        const std::uint64_t whole = ids.size();
        std::uint64_t length = std::min<std::uint64_t>(whole, std::numeric_limits<std::int32_t>::max());
        if (request.maxLength > 0)
            length = std::min(length, request.maxLength);
        if (request.maxTokens > 0)
            length = std::min(length, request.maxTokens - input.numTokens);
        if (length < whole) {
            ++input.documentsCut;
            ids.resize(length);
        }
        occurring.insert(ids.begin(), ids.end());
        input.numTokens += length;
        input.lengths.push_back(static_cast<std::uint32_t>(length));
        PlannedSequence sequence;
        sequence.name = std::move(prompt.name);
        sequence.source = std::move(prompt.source);
        sequence.labels = std::move(prompt.labels);
        sequence.tokenIds = std::move(ids);
        input.sequences.push_back(std::move(sequence));
    }
    if (input.sequences.empty())
        return fail("no document has a token", request.prompts.string());
    input.promptNotes = std::move(list.notes);
    if (list.skipped.count > 0)
        input.promptNotes.push_back(leftOut(list.skipped, "skipped"));
    if (withoutTokens.count > 0)
        input.promptNotes.push_back(leftOut(withoutTokens, "left out, as the tokenizer leaves no token of them"));
    input.documentsSkipped = list.skipped.count;
    if (tokenizer) {
        input.tokenizerNotes = tokenizer->notes();
        input.tokenizer["tokenizer_hash"] = tokenizer->fileHash();
        for (const auto& [file, hash] : tokenizer->sideFileHashes())
            input.tokenizer[file.substr(0, file.find('.')) + "_hash"] = hash;
        // run_: --resume does not compare these; the ids themselves it does.
        input.tokenizer["run_tokenizer_unicode"] = Tokenizer::unicodeVersion();
        if (!input.tokenizerNotes.empty())
            input.tokenizer["run_tokenizer_notes"] = joined(input.tokenizerNotes, "; ");
        for (const auto id : occurring)
            input.vocabulary[id] = tokenizer->tokenBytes(id);
    }
    return input;
}

}
