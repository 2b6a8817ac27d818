// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of byte_kernels_impl.h: FIFO, CLOCK and SIEVE. See policies/ for what they do.
#pragma once

#include "analysis/simulation/byte_lists/byte_bits.h"

namespace expertscope::simulation::ES_KERNELS {
namespace {

inline u8* listOf(ByteCaches& caches, u32 size, u32 list = 0)
{
    return caches.lists + std::uintptr_t(size * kByteLists + list) * caches.stride;
}
inline u32* numbersOf(ByteCaches& caches, u32 size)
{
    return caches.numbers + size * kByteNumbers;
}
inline u64* marksOf(ByteCaches& caches, u32 size)
{
    return caches.marks + size * kByteMarks;
}

/// The list in the order of loading. numbers: its length.
struct Fifo
{
    template <u32 T> using Shared = NothingShared<T>;

    template <u32 T, u32 B> static u32 step(ByteCaches& caches, u32 size, const Event<T>& event, const Shared<T>&)
    {
        u8* const list = listOf(caches, size);
        u32& length = numbersOf(caches, size)[0];
        const u32 capacity = caches.capacity[size];
        const Bytes<B> held = Bytes<B>::from(list);
        const Bits<B> valid = Bits<B>::below(length);
        const Found<B> found(event, held, valid);
        const u32 missing = event.all() & ~found.members, loads = u32(__builtin_popcount(missing));
        const Bits<B> victims = (valid & ~found.places).lowest(over(length + loads, capacity));
        append(held.closedUpTo(list, valid & ~victims), event.some(missing));
        length = least(length + loads, capacity);
        return loads;
    }
};

/// The slots in the order in which the hand comes to them. It takes those that were not used in its first round and, if
/// they are too few, in its second those that were; who comes stands where its victim stood, and what the hand has
/// passed follows behind the rest. The list wanders through its bytes. numbers: where it begins, its length; marks: used.
struct Clock
{
    template <u32 T> using Shared = NothingShared<T>;

    template <u32 T, u32 B> static u32 step(ByteCaches& caches, u32 size, const Event<T>& event, const Shared<T>&)
    {
        u8* const bytes = listOf(caches, size);
        u32& start = numbersOf(caches, size)[0];
        u32& length = numbersOf(caches, size)[1];
        const u32 capacity = caches.capacity[size];
        Bytes<B> list = Bytes<B>::from(bytes + start);
        if (start + 2 * B * 64 + 16 > caches.stride) {
            list.to(bytes);
            start = 0;
        }
        const Found<B> found(event, list, Bits<B>::below(length));
        const u32 missing = event.all() & ~found.members, loads = u32(__builtin_popcount(missing));
        Bits<B> used = Bits<B>::from(marksOf(caches, size)) | found.places, pinned = found.places;
        __m128i comers = event.some(missing);
        u32 count = loads;
        if (length < capacity) {
            const u32 room = least(capacity - length, loads);
            append(bytes + start + length, comers);
            list = Bytes<B>::from(bytes + start);
            pinned = pinned | (Bits<B>::below(length + room) & ~Bits<B>::below(length));
            length += room;
            count -= room;
            comers = event.some(behindLowest(missing, room));
        }
        const Bits<B> candidates = Bits<B>::below(length) & ~pinned;
        const Bits<B> first = (candidates & ~used).lowest(count);
        replace(list, first, comers, 0);
        u32 steps = first.end();
        if (const u32 taken = first.count(); taken == count) {
            used = used & ~(candidates & Bits<B>::below(steps));
        } else {
            const Bits<B> second = (candidates & used).lowest(count - taken);
            replace(list, second, comers, taken);
            steps = second.end();
            used = used & ~candidates;
            list.to(bytes + start); // the first round went further
        }
        if (length == capacity) {
            list.to(bytes + start + capacity);
            start += steps;
            used = (used.down(steps) | used.up(capacity - steps)) & Bits<B>::below(capacity);
        }
        used.to(marksOf(caches, size));
        return loads;
    }

private:
    static u32 behindLowest(u32 bits, u32 count)
    {
        for (; count > 0; --count)
            bits &= bits - 1;
        return bits;
    }
    /// The comers from `next` on take these places.
    template <u32 B> static void replace(Bytes<B>& list, const Bits<B>& places, __m128i comers, u32 next)
    {
        const __m512i all = _mm512_zextsi128_si512(comers);
        for (u32 b = 0; b < B; ++b) {
            const __m512i rest
                = _mm512_permutexvar_epi8(_mm512_add_epi8(numbersFrom(0), _mm512_set1_epi8(char(next))), all);
            list.v[b] = _mm512_mask_expand_epi8(list.v[b], places.w[b], rest);
            next += u32(__builtin_popcountll(places.w[b]));
        }
    }
};

/// The list in the order of loading; the hand goes on from its place to the newest, then from the oldest. numbers: the
/// length, the hand's place; marks: used.
struct Sieve
{
    template <u32 T> using Shared = NothingShared<T>;

    template <u32 T, u32 B> static u32 step(ByteCaches& caches, u32 size, const Event<T>& event, const Shared<T>&)
    {
        u8* const bytes = listOf(caches, size);
        u32& length = numbersOf(caches, size)[0];
        u32& hand = numbersOf(caches, size)[1];
        const u32 capacity = caches.capacity[size];
        const Bytes<B> list = Bytes<B>::from(bytes);
        const Bits<B> valid = Bits<B>::below(length), behind = Bits<B>::below(hand);
        const Found<B> found(event, list, valid);
        const u32 missing = event.all() & ~found.members, loads = u32(__builtin_popcount(missing));
        const u32 count = over(length + loads, capacity);
        Bits<B> used = Bits<B>::from(marksOf(caches, size)) | found.places;
        const Bits<B> candidates = valid & ~found.places;
        const Bits<B> ahead = (candidates & ~used & ~behind).lowest(count);
        Bits<B> victims = ahead, passed = Bits<B>::below(ahead.end()) & ~behind;
        u32 end = ahead.end(), left = count - ahead.count(); // end: of the way, behind the last victim
        if (left > 0) {
            const Bits<B> more = (candidates & ~used & behind).lowest(left);
            victims = victims | more;
            end = more.end();
            passed = ~behind | Bits<B>::below(end);
            left -= more.count();
            if (left > 0) { // the second time round, those that were used
                const Bits<B> high = (candidates & used & ~behind).lowest(left);
                const Bits<B> low = (candidates & used & behind).lowest(left - high.count());
                victims = victims | high | low;
                end = low.any() ? low.end() : high.end();
                passed = valid;
            }
        }
        used = used & ~(passed & candidates);
        const Bits<B> staying = valid & ~victims;
        if (count > 0) {
            // Behind the newest there are those who came before in this event, if any; else the next is the oldest.
            const u32 before = (staying & Bits<B>::below(end)).count();
            hand = loads == 1 && before == staying.count() ? 0 : before;
        }
        append(list.closedUpTo(bytes, staying), event.some(missing));
        used.closedUp(staying).to(marksOf(caches, size));
        length = least(length + loads, capacity);
        return loads;
    }
};

}
}
