// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a resident expertscope-capture (--serve) is asked, a JSON object a line: resources/docs/serve-protocol.md.
#pragma once

#include "io/base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace expertscope {

/// Raised when an old client would misunderstand what is said; fields that are added are told by the capabilities.
inline constexpr int kServeVersion = 1;

inline constexpr std::size_t kServeRequestBytes = 1u << 20; ///< of a line to the server
inline constexpr std::size_t kServeTokens = 8192; ///< of a prompt
inline constexpr std::size_t kServeValues = 4u << 20; ///< numbers in an answer
inline constexpr std::size_t kServeWaiting = 64; ///< requests that wait at most

struct ServeRequest
{
    enum class Kind : std::uint8_t
    {
        Route, ///< a prompt
        Cancel, ///< the request of this id: it waits or is computed
        Stop ///< the server ends; what waits is not answered any more
    };
    Kind kind = Kind::Route;
    std::uint64_t id = 0; ///< chosen by who asks; of Stop: 0
    std::optional<std::string> text; ///< a prompt is this or the ids
    std::vector<std::int32_t> tokenIds;
    bool logits = false;

    bool operator==(const ServeRequest&) const = default;
};

/// One line, without its end. `id`: of the request where it could be read, so that an error can name it. Unknown fields
/// are refused by name: they may one day say that routing is to be changed, and must not be passed over.
Expected<ServeRequest> parseServeRequest(std::string_view line, std::optional<std::uint64_t>& id);
/// With its end. Text that is not UTF-8 has no line: replacement characters stand in its place.
std::string lineOf(const ServeRequest& request);

}
