// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of stack_kernels_impl.h: the stack of any size.
#pragma once

#include "analysis/simulation/kernels/stack_kernels_masks.h"

namespace expertscope::simulation::ES_KERNELS {
namespace {

/// New ranks of 64 entries that do not move themselves: down by the objects that leave below, up by those that arrive.
template <typename T> inline void relabel(T* p, const StackEvent& event, const u32* thresholds)
{
    typedef T Vec __attribute__((vector_size(ES_VECTOR), aligned(1), may_alias));
    constexpr u32 kLanes = ES_VECTOR / sizeof(T);
    for (u32 i = 0; i < 64; i += kLanes) {
        Vec* const at = reinterpret_cast<Vec*>(p + i);
        const Vec old = *at;
        Vec v = old;
        if (event.membersLead) {
            v -= T(event.size);
        } else {
            for (u32 j = 0; j < event.numMoved; ++j)
                v += Vec(old > T(event.from[j])); // a comparison that holds is -1
        }
        Vec risen = v;
        for (u32 j = 0; j < event.numMoved; ++j)
            risen -= Vec(v >= T(thresholds[j]));
        *at = risen;
    }
}

/// The reserve: what does not fit at the current place, best first. An element: rank << 32 | place it had as a member,
/// 0 for an object that is no member.
inline void insert(u64* reserve, u32& size, u64 element)
{
    u32 i = size++;
    for (; i > 0 && reserve[i - 1] > element; --i)
        reserve[i] = reserve[i - 1];
    reserve[i] = element;
}

/// Replaces the best of the reserve by an element that is worse than it.
inline void replaceFirst(u64* reserve, u32 size, u64 element)
{
    u32 i = 0;
    for (; i + 1 < size && reserve[i + 1] < element; ++i)
        reserve[i] = reserve[i + 1];
    reserve[i] = element;
}

/// An object that arrives at rank t has t objects before it, some of which arrive themselves.
inline void findThresholds(const StackState& s, const StackEvent& event)
{
    for (u32 i = 0; i < event.numMoved; ++i) {
        u32 arrivals = 0;
        for (u32 j = 0; j < event.numMoved; ++j)
            arrivals += event.to[j] < event.to[i];
        s.thresholds[i] = event.to[i] - arrivals;
    }
}

template <typename T> StackOutcome stepOf(StackState& s, const StackEvent& event)
{
    T* const entries = static_cast<T*>(s.entries);
    u32* const holes = s.holes; // places of the members found, then of the new ones
    u32 numHoles = 0;
    findThresholds(s, event);
    for (u32 i = 0; event.bypass && i < event.size; ++i)
        event.kept[i] = 0xFFFFFFFFu; // for now: the places of the members
    for (u32 block = 0; block * 64 < s.used; ++block) {
        T* const p = entries + block * 64;
        u64 moved = 0;
        if (event.membersLead) {
            moved = ~greater(p, event.size - 1);
        } else {
            for (u32 j = 0; j < event.numMoved; ++j)
                moved |= equal(p, event.from[j]);
        }
        moved = below(moved, block, s.used);
        // Those that move keep their old rank in `indices` until the others have theirs.
        u32 indices[64];
        u32 count = 0;
        for (u64 bits = moved; bits; bits &= bits - 1) {
            const u32 rank = p[__builtin_ctzll(bits)];
            u32 j = rank;
            if (!event.membersLead) {
                for (j = 0; event.from[j] != rank;)
                    ++j;
            }
            indices[count++] = j;
        }
        relabel(p, event, s.thresholds);
        count = 0;
        for (u64 bits = moved; bits; bits &= bits - 1) {
            const u32 place = u32(__builtin_ctzll(bits)), j = indices[count++];
            p[place] = T(event.to[j]);
            if (j >= event.size)
                continue;
            if (event.bypass)
                event.kept[j] = block * 64 + place + 1;
            holes[numHoles++] = block * 64 + place;
        }
    }
    const u32 found = numHoles;
    u32 numKept = 0;
    for (u32 i = 0; i < numHoles; ++i)
        event.positions[i] = holes[i] + 1;

    u64* const reserve = s.reserve;
    u32 waiting = 0, place = 0, hole = 0;
    if (event.bypass) {
        // Every member competes; those found carry the place that they had.
        for (u32 j = 0; j < event.size; ++j)
            insert(reserve, waiting, u64(event.to[j]) << 32 | event.kept[j]);
    } else {
        for (place = 0; place < event.size && place < s.used; ++place) {
            if (hole < numHoles && holes[hole] == place)
                ++hole;
            else
                insert(reserve, waiting, u64(entries[place]) << 32);
        }
    }
    for (u32 i = 0; i < event.firsts && s.used < s.depth; ++i) {
        if (event.bypass || s.used >= event.size)
            holes[numHoles++] = s.used;
        ++s.used;
    }
    if (!event.bypass) {
        for (u32 i = 0; i < event.size; ++i)
            entries[i] = T(event.to[i]);
        place = event.size;
    }
    const auto put = [&](u32 at, u64 element) {
        entries[at] = T(element >> 32);
        const u32 old = u32(element);
        if (old > at + 1) {
            event.kept[2 * numKept] = at + 1;
            event.kept[2 * numKept + 1] = old;
            ++numKept;
        }
    };
    while (waiting && place < s.used) {
        const u32 end = hole < numHoles ? holes[hole] : s.used;
        while (place < end) {
            const u32 block = place / 64;
            u64 worse = greater(entries + block * 64, u32(reserve[0] >> 32));
            worse = below(worse & (~u64(0) << (place % 64)), block, end);
            if (!worse) {
                place = block * 64 + 64;
                continue;
            }
            place = block * 64 + u32(__builtin_ctzll(worse));
            const u64 displaced = u64(entries[place]) << 32;
            put(place++, reserve[0]);
            replaceFirst(reserve, waiting, displaced);
        }
        place = end;
        if (hole < numHoles) {
            put(place++, reserve[0]);
            for (u32 i = 1; i < waiting; ++i)
                reserve[i - 1] = reserve[i];
            --waiting;
            ++hole;
        }
    }
    return {found, numKept};
}

}
}
