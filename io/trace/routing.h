// SPDX-License-Identifier: GPL-3.0-or-later
//
// The plain types of a trace: all that analysis and views know of it. No HDF5, no LibTorch.
#pragma once

#include "io/base/error.h"
#include "io/base/indices.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace expertscope {

/// Stored in place of an expert id: dropped, padded, not recorded, or k smaller here.
inline constexpr std::uint16_t kNoExpert = 65535;

/// What a site routes for.
enum class SiteKind : std::uint8_t
{
    Decoder = 0,
    Encoder = 1,
    MultiTokenPrediction = 2,
    Attention = 3
};
/// What the router does to its logits before it chooses (router grammar: models_and_engines A.0).
enum class ScoreFunction : std::uint8_t
{
    Softmax = 0,
    Sigmoid = 1,
    Identity = 2,
    SqrtSoftplus = 3,
    SparseMixer = 4
};
/// How the weights of the chosen experts are normalised.
enum class Renormalisation : std::uint8_t
{
    None = 0,
    Sum = 1,
    SoftmaxOverChosen = 2,
    PNorm = 3
};

/// One router of the recorded model.
struct Site
{
    std::uint16_t layer = 0; ///< the model's own layer number, dense layers counted
    SiteKind kind = SiteKind::Decoder;
    std::uint16_t numExperts = 0; ///< E: routed experts, shared ones not counted
    std::uint16_t topK = 0; ///< k: slots a token fills here at most
    std::uint16_t numShared = 0; ///< shared experts, not part of any id
    ScoreFunction score = ScoreFunction::Softmax;
    Renormalisation renormalisation = Renormalisation::None;
    float scaling = 1; ///< routed scaling factor, already in the weights

    bool operator==(const Site&) const = default;
};

/// A run of consecutive tokens that belong together: a document, a prompt with its answer.
struct Sequence
{
    TokenIndex begin;
    std::uint32_t length = 0;
    std::uint32_t promptLength = 0; ///< tokens given, the rest was generated; = length for prefill captures
    std::string name;
    std::string source; ///< file and line it came from; may be empty
};

/// A named property of sequences: domain, language, task, parallel-text key.
struct Label
{
    std::string name;
    std::vector<std::string> values; ///< the distinct values, in order of first appearance
    std::vector<std::int32_t> codes; ///< [S] index into `values`; -1 = this sequence has no such label
};

/// Keeps the sequences whose label `label` has the value `value`, or one of `alternatives`.
struct LabelFilter
{
    std::string label;
    std::string value;
    std::vector<std::string> alternatives = {};

    bool operator==(const LabelFilter&) const = default;
};

/// Which columns a trace holds, and a reader is asked for.
struct Columns
{
    bool weights = false; ///< routing weight as multiplied
    bool entropy = false; ///< entropy of the full score distribution, nats
    bool margin = false; ///< selection score of the last chosen minus the first unchosen expert
    bool logits = false; ///< router logits, all experts
    bool tokenIds = false;
    bool predictedIds = false; ///< the model's own guess of the next token
    bool loss = false; ///< of predicting the next token, nats

    bool operator==(const Columns&) const = default;
};

/// The shape of a trace: what is known before a single choice is read.
struct RoutingShape
{
    std::uint64_t numTokens = 0; ///< T
    std::uint16_t numSlots = 0; ///< K: the largest k of all sites
    std::uint16_t numExperts = 0; ///< the largest E of all sites
    std::vector<Site> sites; ///< [M]
    std::vector<Sequence> sequences; ///< [S], in token order, without gaps
    std::vector<Label> labels;
    Columns columns; ///< what is recorded

    const Label* label(const std::string& name) const
    {
        for (const auto& l : labels) {
            if (l.name == name)
                return &l;
        }
        return nullptr;
    }
};

/// The part of one sequence that lies in a block.
struct SequenceRun
{
    SequenceIndex sequence;
    std::uint32_t begin = 0; ///< first token, counted from the start of the block
    std::uint32_t length = 0; ///< tokens of this sequence in this block
    std::uint32_t position = 0; ///< position in its sequence of the run's first token; > 0: continues the block before
};

/// A contiguous range of tokens at one site, as it is handed to analysis. Views into memory of the reader: valid only
/// during observe().
///
/// A block holds whole sequences, unless one is longer than the reader's block limit: then its pieces come one after
/// the other to the same accumulator, each the only run of its block. So an accumulator that looks at neighbouring
/// tokens carries state from one observe() to the next, and merge() never has a seam to mend.
struct Block
{
    SiteIndex site;
    TokenIndex firstToken;
    std::uint32_t numTokens = 0; ///< n
    std::uint16_t numSlots = 0; ///< K of the trace; slots >= Site::topK hold kNoExpert
    std::uint16_t numExperts = 0; ///< E of this site
    std::uint16_t evenSlots = 0;  ///< every token fills just its first so many slots; 0: it varies, or nobody looked
    std::span<const std::uint16_t> expertIds; ///< [n, K] in rank order, highest selection score first
    std::span<const float> weights; ///< [n, K] or empty; NaN where no expert
    std::span<const float> entropy; ///< [n] or empty
    std::span<const float> margin; ///< [n] or empty
    std::span<const float> logits; ///< [n, E] or empty
    std::span<const std::int32_t> tokenIds; ///< [n] or empty; -1 unknown
    std::span<const std::int32_t> predictedIds; ///< [n] or empty; argmax of the model's output at this token, -1 unknown
    std::span<const float> loss; ///< [n] or empty; -log p(next token) in nats, NaN where none follows
    std::span<const SequenceRun> runs; ///< in order; they cover the block but for tokens that a filter leaves out
};

/// Backing memory of a Block; one a thread, reused.
struct BlockBuffer
{
    std::vector<std::uint16_t> expertIds;
    std::vector<float> weights, entropy, margin, logits, loss;
    std::vector<std::int32_t> tokenIds, predictedIds;
    std::vector<SequenceRun> runs;
};

/// Where blocks come from: a trace file, an importer, a generator.
class BlockSource
{
public:
    virtual ~BlockSource() = default;

    virtual const RoutingShape& shape() const = 0;

    /// Reads the tokens of `range` at `site` into `buffer` and returns the block over it, without `runs`
    /// (the caller knows them). Columns that the trace lacks stay empty. Safe to call from several threads.
    virtual Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) = 0;
};

}
