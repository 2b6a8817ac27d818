// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/tokenizer/json_tree.h"
#include "io/tokenizer/piece.h"
#include "io/tokenizer/regex.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace expertscope::tokenizer {

/// Takes the words as they come. `text` stays valid only during the call. False stops the walk.
class PieceSink
{
public:
    virtual bool take(Piece piece) = 0;

protected:
    ~PieceSink() = default;
};

/// What a thread needs to run the steps.
struct PreTokenizerScratch
{
    RegexScratch regex;
    std::deque<std::string> texts; // one for each step that rewrites
    std::optional<Error> error; // why a walk was stopped
};

class PreTokenizerStep
{
public:
    virtual ~PreTokenizerStep() = default;
    virtual bool run(Piece piece, std::string& text, PreTokenizerScratch& scratch, PieceSink& next) const = 0;
};

/// The file's "pre_tokenizer" as a chain of splits and rewrites that each word runs through before the next is cut off,
/// so that no list of words is ever kept. Sequence, Split, ByteLevel, Metaspace, Digits, Punctuation, Whitespace,
/// WhitespaceSplit, CharDelimiterSplit, FixedLength. Others are refused by name.
class PreTokenizer
{
public:
    static Expected<PreTokenizer> load(const JsonValue& value, const std::string& place);

    /// Whether the words leave as plain bytes that the model has to read through the byte alphabet: what a ByteLevel at
    /// the end amounts to, without rewriting the text.
    bool bytesOut() const { return m_bytesOut; }
    /// Never hands out an empty piece. On false see scratch.error.
    bool run(Piece piece, PreTokenizerScratch& scratch, PieceSink& sink) const;

private:
    struct Link;
    Expected<void> add(const JsonValue& value, const std::string& place);
    void push(std::unique_ptr<const PreTokenizerStep> step);
    bool feed(std::size_t step, Piece piece, PreTokenizerScratch& scratch, PieceSink& sink) const;

    std::vector<std::unique_ptr<const PreTokenizerStep>> m_steps;
    bool m_bytesOut = false;
};

}
