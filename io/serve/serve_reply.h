// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a resident expertscope-capture (--serve) says, a JSON object a line: resources/docs/serve-protocol.md.
#pragma once

#include "io/serve/serve_request.h"
#include "io/trace/routing.h"

#include <variant>

namespace expertscope {

inline constexpr std::size_t kServeReplyBytes = 128u << 20; ///< of a line from the server

/// The first line: the model is loaded, and this is what can be asked.
struct ServeCapabilities
{
    int version = kServeVersion;
    std::string program; ///< "expertscope-capture 0.1"
    std::string model, modelType, device, dtype;
    bool text = false; ///< there is a tokenizer
    std::uint16_t numSlots = 0; ///< K of the answers
    std::vector<std::uint16_t> layers, experts, topK; ///< [M] of each site
    std::vector<std::string> requests, options; ///< known; options: of "route"
    double loadSeconds = 0;

    bool operator==(const ServeCapabilities&) const = default;
};

/// What the routers do at one site.
struct ServedSite
{
    std::uint16_t numExperts = 0; ///< E
    std::vector<std::uint16_t> expertIds; ///< [T, K] in rank order, kNoExpert where none
    std::vector<float> weights; ///< [T, K], NaN where no expert
    std::vector<float> entropy, margin; ///< [T]
    std::vector<float> logits; ///< [T, E] or empty
};

struct ServedRouting
{
    std::uint64_t id = 0;
    std::vector<std::int32_t> tokenIds; ///< [T]
    std::string bytes; ///< of all tokens, one after the other
    std::vector<std::uint32_t> offsets; ///< [T + 1] in `bytes`; without a tokenizer all 0
    std::uint16_t numSlots = 0; ///< K
    std::vector<ServedSite> sites; ///< [M]
    double seconds = 0; ///< of the model

    std::size_t numTokens() const { return tokenIds.size(); }
    std::string_view token(std::size_t t) const
    {
        return std::string_view(bytes).substr(offsets[t], offsets[t + 1] - offsets[t]);
    }
    std::span<const std::uint16_t> experts(std::size_t site, std::size_t token) const
    {
        return std::span(sites[site].expertIds).subspan(token * numSlots, numSlots);
    }
};

struct ServeFailure
{
    std::optional<std::uint64_t> id; ///< none: the line was no request, or the server cannot go on
    Error error;
};

struct ServeCancelled
{
    std::uint64_t id = 0;
};

using ServeReply = std::variant<ServeCapabilities, ServedRouting, ServeFailure, ServeCancelled>;

/// One line, without its end. Whatever it says, lengths agree: experts(site, token) is there for every site and token,
/// offsets ascend within the bytes, ids are below E or kNoExpert. Unknown fields are passed over: a newer server may say
/// more.
Expected<ServeReply> parseServeReply(std::string_view line);
/// With its end.
std::string lineOf(const ServeReply& reply);

}
