// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace expertscope {

/// A document to be captured: text to tokenise, or ids.
struct Prompt
{
    std::string name;
    std::string source; ///< "prompts.jsonl:17" or the file's path
    std::map<std::string, std::string> labels;
    std::string text; ///< UTF-8; unused when tokenIds is set
    std::optional<std::vector<std::int32_t>> tokenIds;
};

/// Reads prompts: `*.jsonl` (one object {"text"|"token_ids", "name", "labels"} a line), any other file as plain text
/// (one document a line, empty lines skipped), or a folder (one document a regular file, sorted by name; sub-folder =
/// label "folder"). Errors name file and line.
Expected<std::vector<Prompt>> readPrompts(const std::filesystem::path& path);

}
