// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace expertscope {

namespace tokenizer {
struct SideFiles;
}

/// A Hugging Face `tokenizer.json` (BPE: byte-level and SentencePiece style), giving the ids the `tokenizers` library
/// gives. Immutable after open(); encode() is safe from several threads.
class Tokenizer
{
public:
    /// `path`: a model folder, whose tokenizer.json is read together with the files beside it that add tokens (as
    /// AutoTokenizer of transformers 5 does); or a tokenizer.json, which is read alone.
    static Expected<Tokenizer> open(const std::filesystem::path& path);
    /// For tests and fuzzing: `name` stands for the file in errors.
    static Expected<Tokenizer> parse(std::string_view json, const std::string& name);
    static Expected<Tokenizer> parse(
        std::string_view json, const std::string& name, const tokenizer::SideFiles& beside);

    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    ~Tokenizer();

    /// Ids of a UTF-8 text; `addSpecialTokens` applies the post-processor (BOS and the like). Invalid UTF-8 is an error
    /// that names the byte offset.
    Expected<std::vector<std::int32_t>> encode(std::string_view text, bool addSpecialTokens = true) const;

    /// What a token stands for, as bytes (maybe half a code point): the decoder's view of it. Special tokens give their
    /// content.
    std::string tokenBytes(std::int32_t id) const;
    /// Largest id + 1.
    std::int32_t vocabularySize() const;
    /// SHA-256 of the file, hexadecimal, for provenance.
    const std::string& fileHash() const;
    /// The same of the files beside it that were read, by their names ("tokenizer_config.json").
    const std::map<std::string, std::string>& sideFileHashes() const;
    /// Version of the Unicode tables that patterns match by, "14.0.0". The reference library's are current.
    static std::string unicodeVersion();
    /// What a user should see, a line each: what the files ask for and encode() leaves out on purpose ("truncation" and
    /// "padding" blocks, which the reference's callers switch off as well: texts are always taken whole), and where
    /// the files disagree.
    const std::vector<std::string>& notes() const;

private:
    struct Private;
    explicit Tokenizer(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

}
