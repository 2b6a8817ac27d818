// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/capture_input.h"

#include "io/exchange/prompts.h"
#include "io/tokenizer/tokenizer.h"

#include <algorithm>
#include <limits>
#include <set>

namespace expertscope {

Expected<CaptureInput> readCaptureInput(const CaptureRequest& request, std::int64_t vocabularySize, ThreadPool& pool)
{
    ES_ASSIGN(std::vector<Prompt> prompts, readPrompts(request.prompts));
    if (prompts.empty())
        return fail("holds no document", request.prompts.string());

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
    std::set<std::int32_t> occurring;
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        Prompt& prompt = prompts[i];
        if (errors[i]) {
            Error error = std::move(*errors[i]);
            error.where = error.where.empty() ? prompt.source : prompt.source + ": " + error.where;
            return tl::unexpected<Error>(std::move(error));
        }
        std::vector<std::int32_t>& ids = *prompt.tokenIds;
        if (ids.empty())
            return fail("the document has no token", prompt.source);
        for (std::size_t t = 0; t < ids.size(); ++t) {
            if (ids[t] < 0 || ids[t] >= vocabularySize)
                return fail("token " + std::to_string(t) + " has the id " + std::to_string(ids[t])
                        + ", the model's vocabulary ends at " + std::to_string(vocabularySize - 1),
                    prompt.source);
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
    if (tokenizer) {
        input.tokenizerHash = tokenizer->fileHash();
        input.tokenizerNotes = tokenizer->notes();
        for (const auto id : occurring)
            input.vocabulary[id] = tokenizer->tokenBytes(id);
    }
    return input;
}

}
