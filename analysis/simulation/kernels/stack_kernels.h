// SPDX-License-Identifier: GPL-3.0-or-later
//
// The inner loops of stack policies: one source (stack_kernels_impl.h), compiled for each instruction set, chosen at run
// time. Plain data only; RecencyRanks and PriorityStack own the memory.
#pragma once

#include <cstdint>

namespace expertscope::simulation {

/// The order of last use of U objects. Each use takes the next of 4 U or more time slots; an object's rank is the number
/// of taken slots behind its own. When the slots are used up, the taken ones move to the front. Few objects may be kept
/// as what they are in this order instead, where a vector holds them.
struct RecencyState
{
    std::uint32_t numObjects;
    std::uint32_t numWords; ///< 64 slots each; beyond kWordsInBlock: a multiple of it
    std::uint32_t next; ///< first free slot
    std::uint64_t* taken; ///< [numWords] bits
    std::uint32_t* slotOf; ///< [U]
    std::uint32_t* objectAt; ///< [64 numWords]
    std::uint32_t* inBlock; ///< [numWords / kWordsInBlock] taken slots
    std::uint32_t* behind; ///< scratch, as long as the longer of the two levels
    std::uint8_t* byRank; ///< [64] the objects, most recent first; where StackKernels::fewByRank and U <= 64
};
inline constexpr std::uint32_t kWordsInBlock = 64;

/// One stack for all capacities: the residents at capacity c are the first c entries (Mattson). Entries are not objects
/// but their ranks by priority, 0 the one to keep longest; ranks change when objects' priorities do.
struct StackState
{
    void* entries; ///< [padded to 64] of `rankBytes` each
    std::uint32_t rankBytes; ///< 1, 2 or 4
    std::uint32_t depth; ///< entries that matter: the largest capacity asked for
    std::uint32_t used; ///< entries in use
    std::uint64_t* reserve; ///< scratch, as many as an event has members
    std::uint32_t* thresholds; ///< scratch, as many as objects move
    std::uint32_t* holes; ///< scratch: as many as an event has members, + 1
};

/// What one event does to the stack.
struct StackEvent
{
    const std::uint32_t* from; ///< [numMoved] ranks before; the first `size` are the event's members
    const std::uint32_t* to; ///< [numMoved] ranks after
    std::uint32_t numMoved;
    std::uint32_t size;
    std::uint32_t firsts; ///< members that are not in the stack because they were never asked for
    bool membersLead; ///< from[i] == i, numMoved == size
    bool bypass; ///< members compete by their ranks; else they are on top afterwards (needs depth >= size)
    std::uint32_t* positions; ///< out: [found] places of the members found, from 1, ascending
    std::uint32_t* kept; ///< bypass, out: pairs (new place, old place or UINT32_MAX) of members that moved up
};
struct StackOutcome
{
    std::uint32_t found, numKept;
};

/// Events `first` .. first + count of the objects and ends of all events.
struct EventRange
{
    const std::uint32_t* objects;
    const std::uint64_t* ends; ///< running ends; null: `size` objects each
    std::uint32_t size;
    std::uint64_t first, count;
    std::uint64_t begin(std::uint64_t event) const { return ends ? (event ? ends[event - 1] : 0) : event * size; }
};
/// Largest event that StackKernels::count takes.
inline constexpr std::uint32_t kMostCounted = 16;

/// Most objects that StackKernels::reorder takes.
inline constexpr std::uint32_t kMostOrdered = 4096;

struct StackKernels
{
    const char* name; ///< "avx512", "avx2", "baseline"
    bool fewByRank;
    /// For each event: writes the ranks of its objects before it; then they become the most recent, the first of them
    /// the very most. `oneByOne`: each becomes the most recent in its turn.
    void (*recency)(RecencyState& state, const EventRange& events, bool oneByOne, bool backwards, std::uint32_t* ranks);
    /// Of each event with j-th largest rank r: ++table[site][j][r + 1]; j from 0. Sites take turns from `site` on.
    void (*count)(const std::uint32_t* ranks, std::uint32_t size, std::uint64_t count, std::uint64_t* table,
        std::size_t width, std::size_t siteWidth, std::size_t site, std::size_t numSites);
    /// For events `stride` apart: ++counts[min(place in the event, rank)] of each rank; [0] may be left alone.
    void (*drops)(const std::uint32_t* ranks, std::uint32_t size, std::uint64_t count, std::size_t stride,
        std::uint64_t* counts);
    /// The keys of `count` objects have changed: where these were and are in the order of all keys, higher first, among
    /// equals those that have changed, in the order given. keys, ranks: [numObjects, a multiple of 64], by object; keys
    /// below 2^63, those of no object 0, numObjects at most kMostOrdered. Brings `ranks` up to date.
    void (*reorder)(const std::uint64_t* keys, std::uint32_t numObjects, const std::uint32_t* objects,
        std::uint32_t count, std::uint16_t* ranks, std::uint32_t* from, std::uint32_t* to);
    /// Some object moves, numMoved > 0.
    StackOutcome (*step)(StackState& state, const StackEvent& event);
    /// Many events of `size` <= kMostCounted objects all of which were asked for before, where members lead: `to`
    /// [count][size]. Writes the places of an event's members, from 0, ascending, and `never` for each that is not found.
    /// Null, or only for stacks of bytes. kept: null, or with bypass, for a depth of at most 16 or 64 objects at most: for
    /// each member at place q afterwards ++kept[q], and if it was at p before, --kept[max(p, q)]; [64] is anything.
    void (*stepLeading)(StackState& state, const std::uint8_t* to, std::uint32_t size, std::uint64_t count,
        std::uint32_t never, std::uint32_t* places, std::int64_t* kept);
};

/// Those of cpuLevel().
const StackKernels& stackKernels();

}
