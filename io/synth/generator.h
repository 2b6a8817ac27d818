// SPDX-License-Identifier: GPL-3.0-or-later
//
// Routing that is made, not recorded: what every kind of synthetic trace is to the code that writes or reads it.
// What the kinds are: resources/docs/synth.md; which there are: kinds.h.
#pragma once

#include "io/trace/routing.h"
#include "io/trace/trace_writer.h"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace expertscope {

/// A value that a metric of the trace has by construction, up to the noise of finitely many tokens.
struct Expectation
{
    std::string metric; ///< as `expertscope analyze` names its rows
    std::string of; ///< which rows: "favourites of the label's value", "every site"
    double value = 0;
};

using SlabSink = std::function<Expected<void>(const RoutingSlab&)>;

/// A synthetic trace, made from the first token to the last.
class Generator
{
public:
    virtual ~Generator() = default;

    const RoutingShape& shape() const { return m_shape; }

    /// Token ids from `first` on; -1: this kind has none. Any order, any thread.
    virtual void tokenIds(TokenIndex first, std::span<std::int32_t> ids) const;

    /// Hands on the routing of the next `numTokens` tokens at all sites, in one slab or one a site. The caller does not
    /// go beyond the last token.
    virtual Expected<void> next(std::uint32_t numTokens, const SlabSink& sink) = 0;

    virtual std::vector<Expectation> expectations() const { return {}; }

    /// How many times smaller than by chance the ids may pack, at most: 8 where 8 tokens in a row route alike.
    virtual double redundancy() const { return 1; }

protected:
    explicit Generator(RoutingShape shape)
        : m_shape(std::move(shape))
    {
    }
    /// The range of the next tokens; they count as made.
    TokenRange advance(std::uint32_t numTokens);

private:
    RoutingShape m_shape;
    std::uint64_t m_made = 0; ///< tokens
};

/// One whose cells are independent of the way there: any site, any tokens, in any order and thread.
class CellGenerator : public Generator
{
public:
    Expected<void> next(std::uint32_t numTokens, const SlabSink& sink) final;

    /// Fills the wanted columns of `buffer` that the trace has (expert ids always; no token ids) for the tokens of
    /// `range` at `site`, with the shapes of Block.
    virtual void fill(SiteIndex site, TokenRange range, Columns wanted, BlockBuffer& buffer) const = 0;

protected:
    using Generator::Generator;

private:
    BlockBuffer m_buffer;
};

}
