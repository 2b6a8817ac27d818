// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace expertscope {

class ByteSource;
struct TextLimits;

/// A document to be captured: text to tokenise, or ids.
struct Prompt
{
    std::string name;
    std::string source; ///< "prompts.jsonl:17" or the file's path
    std::map<std::string, std::string> labels;
    std::string text; ///< UTF-8; unused when tokenIds is set
    std::optional<std::vector<std::int32_t>> tokenIds;
};

/// Documents that were left out, and the first reasons.
struct SkippedPrompts
{
    std::uint64_t count = 0;
    std::vector<std::string> reasons; ///< a line each, of the first kMaxReasons

    static constexpr std::size_t kMaxReasons = 5;
    void add(const Error& why)
    {
        if (count++ < kMaxReasons)
            reasons.push_back(why.message());
    }
};

struct PromptList
{
    std::vector<Prompt> prompts;
    std::vector<std::string> notes; ///< what a user should know of how they were read, a line each
    SkippedPrompts skipped;
};

struct PromptOptions
{
    bool skipBad = false; ///< leave out empty, binary and malformed documents instead of failing at the first
    const std::atomic<bool>* stop = nullptr; ///< set: waiting for a pipe ends
};

/// Reads prompts (resources/docs/prompts.md): a file, a pipe, "-" for standard input, each maybe packed with gzip or
/// zstd, with JSON objects {"text" or "token_ids", "name", "labels", …} or one document a line; or a folder (one
/// document a regular file, sorted by name; sub-folder = label "folder"). Errors name file and line. At least one
/// document is there.
Expected<PromptList> readPrompts(const std::filesystem::path& path, const PromptOptions& options = {});

/// The same of one input from anywhere, as if it were a file called `name`.
Expected<PromptList> readPrompts(std::unique_ptr<ByteSource> from, const std::filesystem::path& name,
    const TextLimits& limits, const PromptOptions& options = {});

}
