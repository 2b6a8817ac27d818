// SPDX-License-Identifier: GPL-3.0-or-later
//
// Plans scored by replaying tokens: who computes what, and what must be sent.
#pragma once

#include "analysis/placement/placement.h"
#include "analysis/spine/fixed_sum.h"
#include "analysis/spine/pass_options.h"

#include <cstdint>
#include <vector>

namespace expertscope::placement {

/// Which copy of an expert a token goes to. Tokens have an ordinal: their place among the replayed ones.
enum class Dispatch
{
    /// In turn: copy (ordinal + a constant of the expert) mod copies, the copies in slot order.
    RoundRobin,
    /// A copy on the token's own GPU; else in turn among the copies on its node; else in turn among all.
    LocalFirst
};

/// Which GPU a token's hidden state lives on, hence what is local and what must be sent.
enum class Home
{
    Token, ///< scattered evenly: a hash of the ordinal (data-parallel attention over many requests)
    Sequence ///< the GPUs take sequences in turn
};

struct ReplayOptions
{
    Dispatch dispatch = Dispatch::RoundRobin;
    Home home = Home::Token;
    std::vector<std::uint32_t> windows; ///< tokens: balance is also taken over so many consecutive tokens at a time
    std::uint32_t batch = 0; ///< > 0: and within decode steps of so many sequences side by side (batch_balance.h)
    bool traffic = false; ///< count who sends to whom: Score::sent
};

/// Balance of the GPUs at a site within windows of consecutive replayed tokens; windows that no token routed in, and
/// the last one if it is not full, are left out.
struct WindowBalance
{
    FixedSum maxOverMean; ///< largest load of a GPU / mean load of a GPU, summed over windows
    FixedSum balancedness; ///< mean / largest
};

struct SiteScore
{
    std::uint64_t tokens = 0; ///< with at least one choice
    std::uint64_t choices = 0;
    std::vector<std::uint64_t> load; ///< [G] choices computed there
    std::uint64_t gpus = 0, nodes = 0; ///< distinct ones, summed over tokens
    std::uint64_t remoteGpus = 0, remoteNodes = 0; ///< distinct ones other than the token's own
    std::uint64_t remoteChoices = 0, remoteNodeChoices = 0; ///< choices computed elsewhere than on the own GPU, node
    std::vector<WindowBalance> windows; ///< one a window length
    WindowBalance batch; ///< of steps of ReplayOptions::batch sequences
    // From this site to the next one of the plan; all 0 at the last.
    std::uint64_t pairs = 0, pairsApart = 0, pairsNodesApart = 0; ///< (choice, choice at the next site)
    std::uint64_t firsts = 0, hops = 0, nodeHops = 0; ///< (first choice, first choice): pairs, GPU and node changes
};

/// Score of a plan: one entry a site of the plan.
struct Score
{
    std::vector<SiteScore> sites;
    std::uint64_t tokens = 0; ///< replayed
    /// [G, G] hidden states that go from a token's own GPU to another that computes for it, each once a site; of all sites.
    /// Empty unless ReplayOptions::traffic.
    std::vector<std::uint64_t> sent = {};
};

/// Replays the tokens that `options` select (its `sites` and `shard` are not used: a plan names its sites) and scores
/// each plan. Bit-identical for any number of threads and any block size. One pass for all plans; memory: a tile a
/// worker, and for each window length the loads of the windows that lie on seams between tasks (a small share of the
/// trace).
///
/// Errors: those of runPass; a plan of other sites than the first, or that does not fit the trace.
Expected<std::vector<Score>> replay(
    BlockSource& source, std::span<const Placement> plans, const ReplayOptions& how, const PassOptions& options);

}
