// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of byte_kernels_impl.h: 2Q. A1in is a list in the order of loading, A1out in that of leaving it; Am is in the order
// of last use, so a bit an object. An event is served in three steps: each size looks up what it has of the members; then,
// a lane a size, members are counted in, one after the other; then each size moves what is to be moved.
#pragma once

#include "analysis/simulation/byte_lists/byte_counts.h"

namespace expertscope::simulation::ES_KERNELS {
namespace {

/// What an event comes to, [size]; O: words that hold A1out's places.
template <u32 O> struct TwoQCounts
{
    alignas(64) u64 missing[64], known[64]; ///< members, a bit each
    alignas(64) u64 in[64], out[64], am[64], inLeft[64], amLeft[64]; ///< objects; those that may be evicted
    alignas(64) u64 names[O][64], nameOf[kMostByteMembers][O][64]; ///< places in A1out: all, the members'
    alignas(64) u64 fromIn[64], fromAm[64], lost[64]; ///< evicted; names that come and go in the same event
    alignas(64) u64 capacity[64], mostIn[64], mostOut[64];

    void serve(u32 numSizes, u32 members)
    {
        for (u32 s = 0; s < numSizes; s += 8)
            serveEight(s, members);
    }

private:
    static __m512i load(const u64* from) { return _mm512_load_si512(from); }
    static __m512i more(__m512i x, __mmask8 where)
    {
        return _mm512_mask_add_epi64(x, where, x, _mm512_set1_epi64(1));
    }
    static __m512i fewer(__m512i x, __mmask8 where)
    {
        return _mm512_mask_sub_epi64(x, where, x, _mm512_set1_epi64(1));
    }
    static __mmask8 some(__m512i x) { return _mm512_test_epi64_mask(x, x); }

    void serveEight(u32 s, u32 members)
    {
        const __m512i waiting = load(missing + s), one = _mm512_set1_epi64(1), zero = _mm512_setzero_si512();
        const __m512i most = load(capacity + s), queue = load(mostIn + s), list = load(mostOut + s);
        __m512i i = load(in + s), o = load(out + s), a = load(am + s), iLeft = load(inLeft + s), aLeft = load(amLeft + s);
        __m512i gone = zero, goneAm = zero, early = zero, back = zero, bit = one, name[O];
        for (u32 w = 0; w < O; ++w)
            name[w] = load(names[w] + s);
        for (u32 m = 0; m < members; ++m, bit = _mm512_slli_epi64(bit, 1)) {
            const __mmask8 now = _mm512_test_epi64_mask(waiting, bit);
            __mmask8 isKnown = 0;
            for (u32 w = 0; w < O; ++w) {
                const __m512i own = load(nameOf[m][w] + s);
                isKnown |= _mm512_mask_test_epi64_mask(now, own, name[w]);
                name[w] = _mm512_mask_andnot_epi64(name[w], now, own, name[w]);
            }
            o = fewer(o, isKnown);
            back = _mm512_mask_or_epi64(back, isKnown, back, bit);
            const __mmask8 full = _mm512_mask_cmpeq_epi64_mask(now, _mm512_add_epi64(i, a), most);
            const __mmask8 prefersIn = _mm512_cmpgt_epi64_mask(i, queue), hasIn = some(iLeft), hasAm = some(aLeft);
            const __mmask8 takesIn = full & ((prefersIn & hasIn) | __mmask8(~(prefersIn | hasAm)));
            const __mmask8 takesAm = full & __mmask8(~takesIn);
            i = fewer(i, takesIn);
            iLeft = fewer(iLeft, takesIn);
            gone = more(gone, takesIn);
            o = more(o, takesIn);
            a = fewer(a, takesAm);
            aLeft = fewer(aLeft, takesAm);
            goneAm = more(goneAm, takesAm);
            __mmask8 forgets = _mm512_mask_cmpgt_epi64_mask(takesIn, o, list);
            o = fewer(o, forgets);
            for (u32 w = 0; w < O; ++w) { // the oldest
                const __mmask8 here = forgets & some(name[w]);
                name[w] = _mm512_mask_and_epi64(name[w], here, name[w], _mm512_sub_epi64(name[w], one));
                forgets &= __mmask8(~here);
            }
            early = more(early, forgets);
            i = more(i, now & __mmask8(~isKnown));
            a = more(a, isKnown);
        }
        _mm512_store_si512(in + s, i);
        _mm512_store_si512(out + s, o);
        _mm512_store_si512(am + s, a);
        _mm512_store_si512(fromIn + s, gone);
        _mm512_store_si512(fromAm + s, goneAm);
        _mm512_store_si512(lost + s, early);
        _mm512_store_si512(known + s, back);
        for (u32 w = 0; w < O; ++w)
            _mm512_store_si512(names[w] + s, name[w]);
    }
};

/// Lists: A1in, A1out; numbers: their lengths, how many Am holds; marks: Am.
template <u32 T> class TwoQ
{
public:
    static constexpr u32 O = (T + 1) / 2; ///< A1out names half as many

    explicit TwoQ(ByteCaches& caches)
        : m_caches(caches)
        , m_last(caches)
    {
        for (u32 s = 0; s < caches.numSizes; ++s) {
            m_counts.capacity[s] = caches.capacity[s];
            m_counts.mostIn[s] = caches.capacity[s] / 4;
            m_counts.mostOut[s] = caches.capacity[s] / 2;
        }
    }
    void serve(const Event<T>& event, u8* misses)
    {
        m_last.next(event);
        forEachSize([&]<u32 B>(u32 s) { look<B>(event, s); });
        m_counts.serve(m_caches.numSizes, event.size);
        forEachSize([&]<u32 B>(u32 s) {
            move<B>(event, s);
            misses[s] = u8(__builtin_popcountll(m_counts.missing[s]));
        });
    }

private:
    template <typename Call> void forEachSize(const Call& call)
    {
        for (u32 s = 0; s < m_caches.numSizes; ++s) {
            if (T == 1 || m_caches.capacity[s] <= 64)
                call.template operator()<1>(s);
            else if (T == 2 || m_caches.capacity[s] <= 128)
                call.template operator()<T == 1 ? 1 : 2>(s);
            else
                call.template operator()<T>(s);
        }
    }
    u8* outOf(u32 s) { return listOf(m_caches, s, 1) + 16; } ///< see move()

    template <u32 B> void look(const Event<T>& event, u32 s)
    {
        const u32* const numbers = numbersOf(m_caches, s);
        const Bits<B> inValid = Bits<B>::below(numbers[0]);
        const Found<B> inFound(event, Bytes<B>::from(listOf(m_caches, s)), inValid);
        const Bits<B> inCandidates = inValid & ~inFound.places;
        inCandidates.to(m_in[s]);
        const Bits<O> names = Bits<O>::below(numbers[1]);
        const Bytes<O> outList = Bytes<O>::from(outOf(s));
        for (u32 w = 0; w < O; ++w) {
            const __m512i tags = event.tags.look(outList.v[w], names.w[w]);
            m_counts.names[w][s] = names.w[w];
            for (u32 i = 0; i < kMostByteMembers; ++i)
                m_counts.nameOf[i][w][s] = _mm512_test_epi8_mask(tags, _mm512_set1_epi8(char(1u << i)));
        }
        const Bits<T> again = m_last.turned(Bits<T>::from(marksOf(m_caches, s)));
        again.to(marksOf(m_caches, s));
        m_counts.missing[s] = event.all() & ~(inFound.members | m_last.membersIn(again));
        m_counts.in[s] = numbers[0];
        m_counts.out[s] = numbers[1];
        m_counts.am[s] = numbers[2];
        m_counts.inLeft[s] = inCandidates.count();
        m_counts.amLeft[s] = (again & ~m_last.members()).count();
    }
    template <u32 B> void move(const Event<T>& event, u32 s)
    {
        u32* const numbers = numbersOf(m_caches, s);
        const Bits<B> inValid = Bits<B>::below(numbers[0]);
        const Bytes<B> inList = Bytes<B>::from(listOf(m_caches, s));
        const Bits<B> victims = Bits<B>::from(m_in[s]).lowest(u32(m_counts.fromIn[s]));
        const Bits<O> names = Bits<O>::each([&](u32 w) { return m_counts.names[w][s]; });
        // Names that are lost at once stand before the list, where there is room for them.
        u8* const end = Bytes<O>::from(outOf(s)).closedUpTo(outOf(s), names) - m_counts.lost[s];
        append(end, inList.few(victims));
        append(inList.closedUpTo(listOf(m_caches, s), inValid & ~victims),
            event.some(u32(m_counts.missing[s] & ~m_counts.known[s])));
        const Bits<T> again = Bits<T>::from(marksOf(m_caches, s));
        const Bits<T> leaving = (again & ~m_last.members()).lowest(u32(m_counts.fromAm[s]));
        ((again & ~leaving) | m_last.placesOf(u32(m_counts.known[s]))).to(marksOf(m_caches, s));
        numbers[0] = u32(m_counts.in[s]);
        numbers[1] = u32(m_counts.out[s]);
        numbers[2] = u32(m_counts.am[s]);
    }

    ByteCaches& m_caches;
    ByLastUse<T> m_last;
    TwoQCounts<O> m_counts = {};
    u64 m_in[64][4]; ///< [size] who may leave A1in
};

}
}
