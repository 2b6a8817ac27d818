// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of byte_kernels_impl.h: 2Q.
#pragma once

#include "analysis/simulation/byte_lists/byte_counts.h"

namespace expertscope::simulation::ES_KERNELS {
namespace {

/// A1in is a list in the order of loading, A1out in that of leaving it; Am is in the order of last use, so a bit an
/// object. Lists: A1in, A1out; numbers: their lengths, how many Am holds; marks: Am.
struct TwoQ
{
    template <u32 T> using Shared = ByLastUse<T>;

    template <u32 T, u32 B> static u32 step(ByteCaches& caches, u32 size, const Event<T>& event, const Shared<T>& shared)
    {
        constexpr u32 O = (B + 1) / 2; // of A1out, which names half as many
        u8* const inBytes = listOf(caches, size);
        u8* const outBytes = listOf(caches, size, 1) + 16; // see below
        u32* const numbers = numbersOf(caches, size);
        const u32 capacity = caches.capacity[size], mostIn = capacity / 4, mostOut = capacity / 2;
        u32 in = numbers[0], out = numbers[1], am = numbers[2];

        const Bytes<B> inList = Bytes<B>::from(inBytes);
        const Bits<B> inValid = Bits<B>::below(in);
        const Found<B> inFound(event, inList, inValid);
        const Bytes<O> outList = Bytes<O>::from(outBytes);
        Bits<O> names = Bits<O>::below(out);
        Bits<O> nameOf[kMostByteMembers]; // apart from what becomes of the names: that is a long way from one to the next
        for (u32 b = 0; b < O; ++b) {
            const __m512i tags = event.tags.look(outList.v[b], names.w[b]);
            for (u32 i = 0; i < kMostByteMembers; ++i)
                nameOf[i].w[b] = _mm512_test_epi8_mask(tags, _mm512_set1_epi8(char(1u << i)));
        }
        Bits<T> again = shared.turned(Bits<T>::from(marksOf(caches, size)));
        const u32 missing = event.all() & ~(inFound.members | shared.membersIn(again));
        const Bits<B> inCandidates = inValid & ~inFound.places;
        const Bits<T> amCandidates = again & ~shared.members();

        u32 known = 0, fromIn = 0, fromAm = 0, lost = 0; // lost: names that come and go in the same event
        u32 inLeft = inCandidates.count(), amLeft = amCandidates.count();
        for (u32 rest = missing; rest; rest &= rest - 1) {
            const Bits<O> name = nameOf[__builtin_ctz(rest)] & names;
            const u32 isKnown = name.any(), bit = rest & (0 - rest);
            names = names & ~name;
            out -= isKnown;
            known |= bit & (0 - isKnown);
            if (in + am == capacity) {
                const u32 prefersIn = in > mostIn; // what is to be guessed is no branch
                const u32 takesIn = (prefersIn & u32(inLeft > 0)) | ((1 - prefersIn) & u32(amLeft == 0));
                const u32 takesAm = 1 - takesIn;
                fromIn += takesIn;
                in -= takesIn;
                inLeft -= takesIn;
                out += takesIn;
                fromAm += takesAm;
                am -= takesAm;
                amLeft -= takesAm;
                const u32 forgets = takesIn & u32(out > mostOut);
                out -= forgets;
                lost += forgets & u32(!names.any());
                names = names.withoutLowest(0 - u64(forgets));
            }
            in += 1 - isKnown;
            am += isKnown;
        }

        const Bits<B> victims = inCandidates.lowest(fromIn);
        // Names that are lost at once stand before the list, where there is room for them.
        u8* const end = outList.closedUpTo(outBytes, names) - lost;
        append(end, inList.few(victims));
        append(inList.closedUpTo(inBytes, inValid & ~victims), event.some(missing & ~known));
        ((again & ~amCandidates.lowest(fromAm)) | shared.placesOf(known)).to(marksOf(caches, size));
        numbers[0] = in;
        numbers[1] = out;
        numbers[2] = am;
        return u32(__builtin_popcount(missing));
    }
};

}
}
