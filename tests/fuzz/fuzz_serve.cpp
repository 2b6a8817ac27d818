// SPDX-License-Identifier: GPL-3.0-or-later
//
// Any bytes out of a pipe, to the server and from it: cut into lines, each read or refused in one line. What is read
// holds what its header promises, and comes back the same when it is written.
#include "io/serve/line_splitter.h"
#include "io/serve/serve_reply.h"

#include <algorithm>
#include <cstdlib>

using namespace expertscope;

namespace {

void require(bool holds)
{
    if (!holds)
        std::abort();
}

void check(const Error& error)
{
    require(!error.message().empty() && error.message().find('\n') == std::string::npos);
}

void request(const std::string& line)
{
    std::optional<std::uint64_t> id;
    const auto read = parseServeRequest(line, id);
    if (!read)
        return check(read.error());
    require(read->tokenIds.size() <= kServeTokens);
    std::string written = lineOf(*read);
    require(std::ranges::count(written, '\n') == 1 && written.ends_with('\n'));
    written.pop_back();
    const auto again = parseServeRequest(written, id);
    require(again && *again == *read);
}

void reply(const std::string& line)
{
    const auto read = parseServeReply(line);
    if (!read)
        return check(read.error());
    if (const auto* routing = std::get_if<ServedRouting>(&*read)) {
        for (std::size_t t = 0; t < routing->numTokens(); ++t) {
            (void)routing->token(t);
            for (std::size_t s = 0; s < routing->sites.size(); ++s) {
                for (const std::uint16_t expert : routing->experts(s, t))
                    require(expert == kNoExpert || expert < routing->sites[s].numExperts);
            }
        }
    }
    std::string written = lineOf(*read);
    require(std::ranges::count(written, '\n') == 1 && written.ends_with('\n'));
    written.pop_back();
    const auto again = parseServeReply(written);
    require(again && again->index() == read->index() && lineOf(*again) == written + '\n');
}

}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    LineSplitter lines(1 << 12);
    for (std::string_view rest(reinterpret_cast<const char*>(data), size); !rest.empty();) {
        const std::size_t piece = std::min<std::size_t>(rest.size(), 1 + static_cast<unsigned char>(rest.front()));
        lines.add(rest.substr(0, piece));
        rest.remove_prefix(piece);
        while (const auto line = lines.next()) {
            require(line->text.size() <= 1 << 12);
            request(line->text);
            reply(line->text);
        }
    }
    if (const auto line = lines.rest()) {
        request(line->text);
        reply(line->text);
    }
    return 0;
}
