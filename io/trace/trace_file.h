// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading a trace file (format 1.x, resources/docs/trace-format.md).
#pragma once

#include "io/trace/routing.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace expertscope {

/// Where a trace comes from; written once, shown by `info`, copied into every figure.
struct Provenance
{
    std::string modelId; ///< folder or hub name as the user gave it
    std::string modelType; ///< config.json's model_type
    std::string architecture; ///< config.json's architectures[0]
    std::uint32_t numHiddenLayers = 0;
    std::uint32_t hiddenSize = 0;
    std::string configJson; ///< config.json, whole
    std::map<std::string, std::string> attributes; ///< free: device, dtype, router_dtype, torch, threads, batch_tokens,
                                                   ///< tie_rule, weight_hash, tokenizer_hash, command_line, …
};

/// Names of what a trace may hold beside its choices, as in its file.
inline constexpr std::pair<const char*, bool Columns::*> kColumnNames[]{{"expert_weight", &Columns::weights},
    {"entropy", &Columns::entropy}, {"margin", &Columns::margin}, {"router_logits", &Columns::logits},
    {"token_id", &Columns::tokenIds}, {"predicted_id", &Columns::predictedIds}, {"loss", &Columns::loss}};

/// What `info` shows without reading a single choice.
struct TraceSummary
{
    std::string formatVersion, uuid, created, creator, creatorVersion, source;
    bool complete = false;
    std::uint64_t numTokens = 0; ///< recorded tokens, <= those planned
    std::uint64_t numSequences = 0;
    std::uint16_t numSlots = 0;
    std::vector<Site> sites;
    std::vector<std::string> labels;
    Columns columns;
    std::uint64_t fileBytes = 0;
    Provenance provenance;
};

class TraceFile final : public BlockSource
{
public:
    static Expected<std::unique_ptr<TraceFile>> open(const std::filesystem::path& path);
    /// Attributes and dataset shapes only: under 50 ms for any file.
    static Expected<TraceSummary> summary(const std::filesystem::path& path);
    ~TraceFile() override;

    const RoutingShape& shape() const override;
    const TraceSummary& summary() const;
    /// What the file is read by, whatever lies under its name by now; open as long as this is.
    int descriptor() const;
    Expected<Block> read(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) override;

    /// Token ids of a range; -1 unknown.
    Expected<std::vector<std::int32_t>> tokenIds(TokenRange range) const;
    /// The bytes of a token (maybe half a code point); empty when the vocabulary was not recorded.
    Expected<std::string> tokenBytes(std::int32_t tokenId) const;
    /// Next-token loss in nats, NaN at a sequence's last token; an error when not recorded.
    Expected<std::vector<float>> loss(TokenRange range) const;

private:
    struct Private;
    explicit TraceFile(std::unique_ptr<Private> d);
    std::unique_ptr<Private> d;
};

}
