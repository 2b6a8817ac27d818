// SPDX-License-Identifier: GPL-3.0-or-later
//
// The files beside tokenizer.json that add tokens to it or change their flags. What they mean is what AutoTokenizer of
// transformers 5.24 makes of them (its TokenizersBackend).
#pragma once

#include "io/base/error.h"
#include "io/tokenizer/added_tokens.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace expertscope::tokenizer {

struct SideFile
{
    std::string name; ///< its path, for errors
    std::string text;
};

/// Nothing where there is no such file.
struct SideFiles
{
    std::optional<SideFile> config; ///< tokenizer_config.json
    std::optional<SideFile>
        specialTokensMap; ///< special_tokens_map.json; not looked at where `config` lists its tokens
    std::optional<SideFile> addedTokens; ///< added_tokens.json; the same

    static Expected<SideFiles> read(const std::filesystem::path& folder);
};

struct SideTokens
{
    std::vector<AddedToken> tokens; ///< to be added in this order; id: what a file says, -1: nothing does
    bool splitsSpecial = false; ///< special tokens in a text are text
    std::optional<bool> addsBos, addsEos; ///< only to be compared with what tokenizer.json does, which counts
    std::string bos, eos; ///< empty: there is none
};

/// `ofJson`: the tokens of tokenizer.json; `paddingToken`: the one that its padding names.
Expected<SideTokens> readSideTokens(
    const SideFiles& files, const AddedTokens& ofJson, const std::optional<std::string>& paddingToken);

}
