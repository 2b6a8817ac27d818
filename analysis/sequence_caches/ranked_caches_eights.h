// SPDX-License-Identifier: GPL-3.0-or-later
//
// Part of ranked_caches_impl.h: orders of up to 64 experts that change by tokens of eight choices, by lanes. An order
// is kept as the ranks by expert, and what orders them (uses so far, uses ahead) by rank.
#pragma once

#include "analysis/sequence_caches/ranked_caches_orders.h"

namespace expertscope::ES_KERNELS {
namespace {

/// Groups of experts of equal value, in ascending order of ranks.
struct Groups
{
    u64 ends; ///< the last ranks of groups
    u64 adjoin; ///< those whose next group has a value of one more
};

/// Where eight choices are in their groups.
struct InGroups
{
    Lanes endBit, end; ///< of the group
    Lanes upToBit, upTo; ///< of the next group if it has one more, else of the group
    Lanes nextEnd; ///< of the next group if it has one more, else 255

    InGroups(const Groups& groups, Lanes bit)
    {
        const Lanes notBelow = _mm512_and_si512(lanes(groups.ends), _mm512_sub_epi64(_mm512_setzero_si512(), bit));
        endBit = lowest(notBelow);
        const __mmask8 adjoins = _mm512_test_epi64_mask(endBit, lanes(groups.adjoin));
        upToBit = _mm512_mask_mov_epi64(endBit, adjoins, lowest(_mm512_xor_si512(notBelow, endBit)));
        end = rankOf(endBit);
        upTo = rankOf(upToBit);
        nextEnd = _mm512_mask_mov_epi64(lanes(255), adjoins, upTo);
    }
    Square same() const { return _mm512_cmpeq_epi8_mask(ofJ(end), ofI(end)); }
    /// j has one more.
    Square oneMore() const { return _mm512_cmpeq_epi8_mask(ofJ(end), ofI(nextEnd)); }
    /// j has one less.
    Square oneLess() const { return _mm512_cmpeq_epi8_mask(ofJ(nextEnd), ofI(end)); }
    /// Where values grow by one, so that they stay in order.
    __mmask64 growing(Square same) const { return inAny(byRank(bitOf(_mm512_sub_epi64(end, count(same, kBefore))))); }
};

/// At most 2^16 tokens.
template <> class LfuOrder<1, FixedSize<8>>
{
public:
    static constexpr bool kUpwards = true, kFromTop = false;

    explicit LfuOrder(const RankedStream& stream)
        : m_stream(stream)
    {
        for (u32 i = 0; i < 64; ++i)
            m_ranks.of[stream.byFirstUse[i]] = u8(63 - i);
    }
    void start(u8* ranks) const { startByFirstUse<1>(ranks); }
    void next(u32 begin, FixedSize<8>, u8* from, u8* to, RankSet<1>& token)
    {
        const __m512i ranks = __m512i(m_ranks.at(0)), was = lookUp(ranks, eight(m_stream.experts + begin));
        const Lanes wide = widened(was), bit = bitOf(wide);
        const InGroups in(groups(), bit);
        const Square same = in.same(), more = in.oneMore();
        const Square lower = _mm512_mask_cmplt_epu8_mask(same, ofJ(wide), ofI(wide));
        // Passed by those before it of as many uses, if they were below, and of one use less.
        storeBytes(from, _mm512_sub_epi64(wide, count(lower | in.oneLess(), kBefore)));
        storeBytes(to, _mm512_sub_epi64(in.upTo, count(more, kBefore)));
        // After the token: below its experts that came to as many uses after it.
        const Lanes after = _mm512_sub_epi64(in.upTo, _mm512_add_epi64(count(more, kAny), count(same, kAfter)));
        const __m512i member = byRank(bit);
        const __m512i others = _mm512_sub_epi8(kIota, _mm512_popcnt_epi8(byRank(between(bit, in.upToBit))));
        token.words[0] = inAny(member);
        m_ranks.set(0, Bytes(renumbered(ranks, others, member, after)));
        const __mmask64 growing = in.growing(same);
        m_uses[0] = _mm512_mask_add_epi16(m_uses[0], __mmask32(growing), m_uses[0], _mm512_set1_epi16(1));
        m_uses[1] = _mm512_mask_add_epi16(m_uses[1], __mmask32(growing >> 32), m_uses[1], _mm512_set1_epi16(1));
    }

private:
    Groups groups() const
    {
        struct alignas(64) Next
        {
            u16 of[32] = {};
            constexpr Next()
            {
                for (u32 i = 0; i < 32; ++i)
                    of[i] = u16(i + 1);
            }
        };
        static constexpr Next kNext;
        const __m512i next = _mm512_load_si512(kNext.of);
        const __m512i above[2] = {_mm512_permutex2var_epi16(m_uses[0], next, m_uses[1]),
            _mm512_permutex2var_epi16(m_uses[1], next, m_uses[1])};
        Groups groups{u64(1) << 63, 0};
        for (u32 w = 0; w < 2; ++w) {
            const __m512i difference = _mm512_sub_epi16(above[w], m_uses[w]);
            groups.ends |= u64(_mm512_test_epi16_mask(difference, difference)) << (32 * w);
            groups.adjoin |= u64(_mm512_cmpeq_epi16_mask(difference, _mm512_set1_epi16(1))) << (32 * w);
        }
        groups.adjoin &= ~(u64(1) << 63); // nobody is above
        return groups;
    }

    const RankedStream& m_stream;
    Table<1> m_ranks;
    __m512i m_uses[2] = {}; ///< by rank
};

template <> class LookAheadOrder<1, FixedSize<8>>
{
public:
    static constexpr bool kUpwards = false, kFromTop = false;
    static constexpr bool kSideBySide = true;

    LookAheadOrder(const RankedStream& stream, u32 length)
        : m_stream(stream)
        , m_ahead()
        , m_aheadByAge()
    {
        Table<1> aheadOf{};
        const u32 seen = length < stream.numTokens ? length : stream.numTokens;
        for (u32 i = 0; i < 8 * seen; ++i)
            ++aheadOf.of[stream.experts[i]];
        for (u32 i = 0; i < 64; ++i) {
            m_ages.of[stream.byFirstUse[i]] = u8(i);
            m_aheadByAge.of[i] = aheadOf.of[stream.byFirstUse[i]];
        }
        for (u32 x = 0; x < 64; ++x) {
            u64 older;
            findAbove<1>(
                m_ages, m_ages.of[x], [&](u32) { return aheadOf.at(0); }, aheadOf.of[x], &older);
            const __mmask64 fewer = _mm512_cmplt_epu8_mask(__m512i(aheadOf.at(0)), __m512i(all(aheadOf.of[x])));
            m_ranks.of[x] = u8(__builtin_popcountll(fewer) + __builtin_popcountll(older));
            m_ahead.of[m_ranks.of[x]] = aheadOf.of[x];
        }
    }
    void start(u8* ranks) const
    {
        for (u32 i = 0; i < 64; ++i)
            ranks[i] = m_ranks.of[m_stream.byFirstUse[i]];
    }
    void next(u32 begin, FixedSize<8>, u8* from, u8* to, RankSet<1>& token)
    {
        const u8* const experts = m_stream.experts + begin;
        const __m512i ranks = __m512i(m_ranks.at(0)), ahead = __m512i(m_ahead.at(0));
        const Lanes wide = widened(lookUp(ranks, eight(experts))), bit = bitOf(wide);
        // The first of its group: the highest first that is not above it.
        const u64 firsts = _mm512_cmpneq_epi8_mask(ahead, lookUp(ahead, _mm512_sub_epi8(kIota, kAny))) | 1;
        const Lanes notAbove = _mm512_and_si512(lanes(firsts), _mm512_or_si512(bit, _mm512_sub_epi64(bit, lanes(1))));
        const Lanes first = _mm512_sub_epi64(lanes(63), _mm512_lzcnt_epi64(notAbove));
        const Square same = _mm512_cmpeq_epi8_mask(ofJ(first), ofI(first));
        const Square higher = _mm512_mask_cmpgt_epu8_mask(same, ofJ(wide), ofI(wide));
        const Lanes now = _mm512_add_epi64(first, count(same, kBefore));
        storeBytes(from, _mm512_add_epi64(wide, count(higher, kBefore)));
        storeBytes(to, now);
        const __m512i member = byRank(bit);
        const __m512i others = _mm512_add_epi8(kIota, _mm512_popcnt_epi8(byRank(_mm512_sub_epi64(bit, bitOf(first)))));
        token.words[0] = inAny(member);
        m_ranks.set(0, Bytes(renumbered(ranks, others, member, now)));
        m_ahead.set(0, Bytes(_mm512_mask_sub_epi8(ahead, inAny(byRank(bitOf(now))), ahead, kAny)));
        // The token's experts are the youngest from now on.
        const AgesAfter after = useEight<false>(__m512i(m_ages.at(0)), eight(experts));
        const __m512i byAge = __m512i(m_aheadByAge.at(0));
        const __m512i youngest = _mm512_sub_epi8(lookUp(lookUp(byAge, after.places), kFromSeven), kAny);
        m_aheadByAge.set(0, Bytes(_mm512_alignr_epi64(_mm512_maskz_compress_epi8(~after.members, byAge), youngest, 7)));
        m_ages.set(0, Bytes(after.ages));
    }
    /// A token comes into sight.
    void see(u32 begin, FixedSize<8>, u8* from, u8* to)
    {
        const u8* const experts = m_stream.experts + begin;
        const __m512i ranks = __m512i(m_ranks.at(0)), ahead = __m512i(m_ahead.at(0)),
                      byAge = __m512i(m_aheadByAge.at(0));
        const Lanes wide = widened(lookUp(ranks, eight(experts))), bit = bitOf(wide);
        const __m512i above = _mm512_sub_epi8(lookUp(ahead, _mm512_add_epi8(kIota, kAny)), ahead);
        const u64 top = u64(1) << 63;
        const InGroups in({_mm512_test_epi8_mask(above, above) | top, _mm512_cmpeq_epi8_mask(above, kAny) & ~top}, bit);
        const __m512i ages = lookUp(__m512i(m_ages.at(0)), eight(experts));
        const Lanes age = widened(ages), ageBit = bitOf(age);
        const Square same = in.same(), more = in.oneMore();
        const Square older = _mm512_cmpgt_epu8_mask(ofJ(age), ofI(age)); // no two ages are equal
        // It passes its group and, of those with one more, who is older.
        const Lanes last = _mm512_add_epi64(in.end, olderWithOneMore(byAge, ages, ageBit));
        const Square passedBy = (same & ~older) | (more & older);
        storeBytes(from, _mm512_sub_epi64(wide, count((same & older) | (in.oneLess() & ~older), kBefore)));
        storeBytes(to, _mm512_sub_epi64(last, count(passedBy, kBefore)));
        const Lanes after = _mm512_sub_epi64(last, count(passedBy & kOthers, kAny));
        const __m512i member = byRank(bit);
        const __m512i others = _mm512_sub_epi8(kIota, _mm512_popcnt_epi8(byRank(between(bit, bitOf(last)))));
        m_ranks.set(0, Bytes(renumbered(ranks, others, member, after)));
        m_ahead.set(0, Bytes(_mm512_mask_add_epi8(ahead, in.growing(same), ahead, kAny)));
        m_aheadByAge.set(0, Bytes(_mm512_mask_add_epi8(byAge, inAny(byRank(ageBit)), byAge, kAny)));
    }

private:
    static constexpr Square kOthers = 0x7fbfdfeff7fbfdfe; ///< j is not i

    static Lanes olderWithOneMore(__m512i byAge, __m512i ages, Lanes ageBit)
    {
        const __m512i oneMore = _mm512_add_epi8(lookUp(byAge, ages), kAny);
        alignas(64) u64 sets[8]; // by age
        for (u32 i = 0; i < 8; ++i)
            sets[i] = _mm512_cmpeq_epi8_mask(byAge, lookUp(oneMore, _mm512_set1_epi8(char(i))));
        asm("" : "+m"(sets)); // through memory: mask by mask from register to register costs more
        const Lanes all = _mm512_load_si512(sets);
        // Not it itself, nor who is younger.
        return _mm512_popcnt_epi64(_mm512_and_si512(all, _mm512_sub_epi64(_mm512_setzero_si512(), ageBit)));
    }

    const RankedStream& m_stream;
    Table<1> m_ranks; ///< by expert
    Table<1> m_ages; ///< by expert
    Table<1> m_ahead; ///< by rank
    Table<1> m_aheadByAge;
};

}
}
