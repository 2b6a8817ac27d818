// SPDX-License-Identifier: GPL-3.0-or-later
//
// Simulations as a user writes them: what each text means, and what each mistake is called.
#include "analysis/rerouting/registry.h"
#include "analysis/simulation/registry.h"
#include "analysis/simulation/simulate.h"
#include "analysis/what_if/byte_sizes.h"
#include "analysis/what_if/caches.h"
#include "analysis/what_if/named_params.h"
#include "analysis/what_if/reroute.h"
#include "tests/support/test_main.h"

#include <QFile>
#include <QTemporaryDir>

using namespace expertscope;

namespace {

using Slots = std::vector<std::uint32_t>;

std::vector<SiteIndex> sites(std::initializer_list<int> list)
{
    std::vector<SiteIndex> made;
    for (const int site : list)
        made.emplace_back(std::uint16_t(site));
    return made;
}

template <class T> QString textErrorOf(const Expected<T>& result)
{
    return result ? QString("no error") : QString::fromStdString(result.error().message());
}

}

class TestCacheText : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;
    std::string write(const char* name, const char* text) const
    {
        QFile file(m_folder.filePath(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(text) < 0)
            qWarning("cannot write %s", name);
        return file.fileName().toStdString();
    }

private slots:
    void namesWithParameters()
    {
        const auto list = parseNamed("lru,ema:halflife=8,x=a=b,static", "--policy", "hint");
        QVERIFY(list);
        QCOMPARE(list->size(), 3u);
        QCOMPARE((*list)[0].name, std::string("lru"));
        QVERIFY((*list)[0].params.empty());
        QCOMPARE(namedText((*list)[1].name, (*list)[1].params), std::string("ema:halflife=8,x=a=b"));
        QCOMPARE((*list)[2].name, std::string("static"));
        QCOMPARE(namedText("lru", {}), std::string("lru"));
        QCOMPARE(textErrorOf(parseNamed("ema:halflife", "--policy", "such as x")),
            QString("--policy: 'halflife' in 'ema:halflife' is no KEY=VALUE (such as x)"));
        QCOMPARE(textErrorOf(parseNamed("ema:=3", "--policy", "such as x")),
            QString("--policy: '=3' in 'ema:=3' is no KEY=VALUE (such as x)"));
        QCOMPARE(textErrorOf(parseNamed("ema:a=1,a=2", "--policy", "")), QString("--policy: parameter 'a' is named twice"));
    }

    void sizes()
    {
        for (const auto& [text, bytes] : {std::pair{"512", 512.0}, {"1.5KiB", 1536.0}, {"2M", 2097152.0}, {"3 MB", 3e6},
                 {"1GB", 1e9}, {"7B", 7.0}, {"1k", 1024.0}, {"2TiB", 2.0 * (1ull << 40)}}) {
            const auto size = parseSize(text, "--expert-bytes");
            QVERIFY2(size, text);
            QCOMPARE(*size, bytes);
        }
        for (const char* text : {"", "0", "-1", "big", "3XB", "nan", "inf", "1MiBs", "1e999GB"})
            QCOMPARE(textErrorOf(parseSize(text, "--here")),
                QString("--here: '%1' is no size (such as 1769472, 27MiB or 28.3MB)").arg(text));
        QCOMPARE(sizeText(27.5 * (1 << 20)), std::string("27.5 MiB"));
        QCOMPARE(sizeText(12), std::string("12 B"));
        QCOMPARE(sizeText(3.0 * (1ull << 50)), std::string("3072 TiB"));
    }

    void capacities()
    {
        bool cut = false;
        const auto slotsOf = [&](const char* text, std::uint32_t pool) {
            const auto list = parseCapacities(text);
            return list ? capacitiesOf(*list, pool, cut) : Slots{};
        };
        QCOMPARE(slotsOf("3-5,4,50%", 8), (Slots{3, 4, 5}));
        QVERIFY(!cut);
        QCOMPARE(slotsOf("1,9-12", 8), (Slots{1, 8}));
        QVERIFY(cut);
        QCOMPARE(slotsOf("", 32).size(), 16u);
        QVERIFY(!cut);
        QCOMPARE(slotsOf("", 4), (Slots{1, 2, 3, 4}));
        QCOMPARE(slotsOf("0.1%,100%", 8), (Slots{1, 8}));
        QCOMPARE(slotsOf("37.5%", 8), (Slots{3}));
        for (const char* text : {"0", "3-1", "x1", "1,", "-1", "0%", "101%", "5-", "9999999", "%", "1-2-3"})
            QVERIFY2(textErrorOf(parseCapacities(text)).contains("is no capacity (such as 8, 1-64, 8,16,32, 50% or 8GiB)"),
                text);
        for (const char* text : {"0GiB", "-1MB", "GiB", "1ZB", "1e999GB", "x"})
            QVERIFY2(textErrorOf(parseCapacities(text)).startsWith(QString("--capacity: '%1' is no size").arg(text)), text);
    }

    void bytesAreSlotsOfAllPools()
    {
        ModelSizes sizes;
        sizes.model.expertBytes = 1 << 20;
        auto list = parseCapacities("8MiB,2");
        QVERIFY(list && bytesToSlots(*list, sizes, 2));
        bool cut = false;
        QCOMPARE(capacitiesOf(*list, 64, cut), (Slots{2, 4}));
        list = parseCapacities("1MiB");
        QCOMPARE(textErrorOf(bytesToSlots(*list, sizes, 2)),
            QString("--capacity: less than one expert of 1 MiB for each of 2 pools (at least 2 MiB)"));
        list = parseCapacities("1KiB");
        QCOMPARE(textErrorOf(bytesToSlots(*list, sizes, 1)),
            QString("--capacity: less than one expert of 1 MiB for each of 1 pool (at least 1 MiB)"));
        sizes.noExpertBytes = "the trace holds no config.json";
        QCOMPARE(textErrorOf(bytesToSlots(*list, sizes, 1)),
            QString("--capacity: how many slots bytes are is not known: the trace holds no config.json "
                    "(--expert-bytes 27MiB, or --model config.json)"));
        list = parseCapacities("3");
        QVERIFY(bytesToSlots(*list, sizes, 1)); // asks for none
    }

    void policies()
    {
        QVERIFY(parsePolicies("all")->empty());
        const auto two = parsePolicies("ema:halflife=8,lru");
        QVERIFY(two);
        QCOMPARE(two->size(), 2u);
        QCOMPARE(policyText(two->front()), std::string("ema:halflife=8"));
        QVERIFY(textErrorOf(parsePolicies("fastest")).startsWith("--policy: unknown policy 'fastest' (all, or of lru, "));
        QVERIFY(textErrorOf(parsePolicies("lruu")).startsWith(
            "--policy: unknown policy 'lruu' (did you mean lru? all, or of lru, "));
        QVERIFY(textErrorOf(parsePolicies("")).startsWith("--policy: unknown policy ''"));
        QVERIFY(textErrorOf(parsePolicies("lru:x=1")).startsWith("--policy: policy 'lru': no parameter 'x'"));
        QCOMPARE(textErrorOf(parsePolicies("lru,lru")), QString("--policy: policy 'lru' is named twice"));
        QVERIFY(parsePolicies("ema:halflife=8,ema:halflife=9"));
        // Of all those that can; of those that are named each must.
        const auto able = [](const simulation::PolicyRequest& policy) -> Expected<void> {
            if (policy.name == "lru")
                return {};
            return fail("policy '" + policy.name + "' cannot");
        };
        const auto choice = choosePolicies("all", able);
        QVERIFY(choice);
        QCOMPARE(choice->policies.size(), 1u);
        QCOMPARE(choice->leftOut.size(), 1u);
        QVERIFY(leftOutText(*choice).find("opt") != std::string::npos && leftOutText(*choice).ends_with(": cannot"));
        QVERIFY(choosePolicies("lru", able));
        QCOMPARE(textErrorOf(choosePolicies("lru,opt", able)), QString("policy 'opt' cannot"));
    }

    void contracts()
    {
        using namespace simulation;
        for (const auto& [text, service, order] : {std::tuple{"atomic", Service::Atomic, Order::RouterRank},
                 {"sequential", Service::Sequential, Order::RouterRank},
                 {"sequential:router", Service::Sequential, Order::RouterRank},
                 {"sequential:ascending", Service::Sequential, Order::AscendingId},
                 {"sequential:resident", Service::Sequential, Order::ResidentFirst},
                 {"sequential:random", Service::Sequential, Order::SeededRandom}}) {
            Contract contract;
            QVERIFY2(parseService(text, contract), text);
            QCOMPARE(contract.service, service);
            QCOMPARE(contract.order, order);
        }
        Contract contract;
        for (const char* text : {"", "sequential:best", "Atomic", "sequential:"})
            QCOMPARE(textErrorOf(parseService(text, contract)),
                QString("--contract: '%1' is no contract (atomic, sequential, or sequential:router, :ascending, "
                        ":resident, :random)")
                    .arg(text));
    }

    void pools()
    {
        using simulation::Contract;
        Contract each, all, groups, listed;
        QVERIFY(parsePools("per-site", each) && parsePools("global", all) && parsePools("groups:4", groups)
            && parsePools("groups:0-2/4,6-7", listed));
        QCOMPARE(each.scope, simulation::PoolScope::PerSite);
        QCOMPARE(all.scope, simulation::PoolScope::Global);
        QCOMPARE(groups.scope, simulation::PoolScope::Groups);
        QCOMPARE(groups.sitesInGroup, std::uint16_t(4));
        QCOMPARE(listed.scope, simulation::PoolScope::Listed);
        QCOMPARE(listed.siteGroups, (std::vector{sites({0, 1, 2}), sites({4, 6, 7})}));
        Contract wrong;
        for (const char* text : {"", "layer", "groups:0", "groups:", "groups:x", "groups:70000"})
            QVERIFY2(textErrorOf(parsePools(text, wrong)).startsWith(QString("--scope: '%1' is no scope (per-site, global, groups:N").arg(text)), text);
        for (const char* text : {"groups:0-x", "groups:/1", "groups:0-1/"})
            QVERIFY2(textErrorOf(parsePools(text, wrong)).endsWith("(such as groups:0-3/4-11, sites that share a pool)"), text);
    }

    void serving()
    {
        CacheOptions options;
        options.selection.where = {"language=de"};
        options.service = "sequential";
        options.admission = "bypass";
        options.cold = "first-free";
        options.batch = 4;
        options.warmUp = 7;
        options.seed = 9;
        options.shuffle = 3;
        const auto serving = checkServing(options);
        QVERIFY2(serving, qPrintable(textErrorOf(serving)));
        QCOMPARE(serving->scope.where.front().value, std::string("de"));
        QCOMPARE(serving->contract.admission, simulation::Admission::Bypass);
        QCOMPARE(serving->contract.coldStart, simulation::ColdStart::FirstFree);
        QCOMPARE(serving->contract.warmUpSteps, 7u);
        QCOMPARE(serving->contract.seed, 9u);
        QCOMPARE(serving->steps.batch, 4u);
        QCOMPARE(serving->steps.seed, 3u);
        const auto params = servingParams(options, serving->contract);
        QCOMPARE(params.size(), 7u);
        QCOMPARE(std::get<std::string>(params.at("contract")), std::string("sequential:router"));
        QCOMPARE(std::get<std::string>(params.at("cold")), std::string("first-free"));
        QCOMPARE(std::get<double>(params.at("batch")), 4.0);
        QCOMPARE(servingParams({}, {}).size(), 4u); // the usual ones say nothing of themselves

        const auto wrong = [](const auto& change) {
            CacheOptions changed;
            change(changed);
            return textErrorOf(checkServing(changed));
        };
        QCOMPARE(wrong([](CacheOptions& o) { o.selection.sites = "1-"; }),
            QString("--sites: '1-' is no list of sites (such as 3, 0-5 or 0-3,7)"));
        QCOMPARE(wrong([](CacheOptions& o) { o.admission = "never"; }),
            QString("--admission: 'never' is no admission (forced or bypass)"));
        QCOMPARE(wrong([](CacheOptions& o) { o.cold = "warm"; }),
            QString("--cold: 'warm' is no cold start (empty, first-free or preload:FILE)"));
        QCOMPARE(wrong([](CacheOptions& o) { o.batch = 0; }), QString("--batch: a batch of no sequences"));
        for (const int which : {0, 1})
            QVERIFY(wrong([&](CacheOptions& o) {
                o.flush = true;
                (which ? o.prefillChunk : o.batch) = 16;
            }).startsWith("--flush: a cache that is flushed between sequences serves one token"));
    }

    void preloads()
    {
        CacheOptions options;
        options.cold = "preload:" + write("list.json", "[[3, 0], [], [1]]");
        const auto serving = checkServing(options);
        QVERIFY2(serving, qPrintable(textErrorOf(serving)));
        QCOMPARE(serving->contract.preload, (std::vector<std::vector<std::uint16_t>>{{3, 0}, {}, {1}}));
        QCOMPARE(serving->contract.warmUpSteps, 2u); // of the longest list
        options.flush = true;
        QVERIFY(textErrorOf(checkServing(options)).startsWith("--cold: a cache that is flushed"));
        options.flush = false;
        options.prefetch = {"previous"};
        QVERIFY(textErrorOf(checkServing(options)).startsWith("--cold: preloaded caches are replayed as recorded"));
        options.prefetch.clear();
        options.cold = "preload:/nowhere/list.json";
        QCOMPARE(textErrorOf(checkServing(options)), QString("/nowhere/list.json: cannot be read"));
        for (const char* text : {"", "[", "{}", "[]", "[1]", "[[1.5]]", "[[-1]]", "[[65535]]", "[[\"a\"]]"}) {
            options.cold = "preload:" + write("wrong.json", text);
            QVERIFY2(textErrorOf(checkServing(options)).contains("is not a list of experts for each site of the trace"), text);
        }
    }

    void rules()
    {
        const auto usual = parseReroute("lambda=0/0.1,keep=2");
        QVERIFY(usual);
        QCOMPARE(usual->rule, rerouting::ruleRegistry().front().name);
        QCOMPARE(usual->params, (std::map<std::string, std::string>{{"lambda", "0/0.1"}, {"keep", "2"}}));
        QCOMPARE(parseReroute("max_rank:rank=8/16")->rule, std::string("max_rank"));
        QVERIFY(parseReroute("cumulative")->params.empty());
        const auto error = [](const char* text) { return textErrorOf(parseReroute(text)); };
        for (const char* text : {"", "x", "prior:", "lambda=", "lambda=1,", "lambda=-1", "lambda=1e400", "prior:lambda",
                 "lambda=1,lambda=2", "lambda=1/1", "rank=3", "max_rank:rank=1.5", "tolerance=2", "keep=-1",
                 "cumulative:share=2"})
            QVERIFY2(error(text).startsWith("--reroute: "), text);
        QCOMPARE(error("prior:lambda"),
            QString("--reroute: 'lambda' in 'prior:lambda' is no KEY=VALUE (such as lambda=0.1/0.3,keep=2)"));
        QCOMPARE(error("lambda=1,lambda=2"), QString("--reroute: parameter 'lambda' is named twice"));
        QCOMPARE(error("lambda=1,"), QString("--reroute: 'lambda=1,' ends with a comma"));
        QVERIFY(error("best").contains("unknown rule 'best' (known: prior, max_rank, cumulative)"));

        CacheOptions options;
        options.reroute = "lambda=0.1";
        options.policies = "all";
        const auto question = checkReroute(options);
        QVERIFY2(question, qPrintable(textErrorOf(question)));
        QVERIFY(!question->choice.policies.empty() && !question->choice.leftOut.empty());
        QCOMPARE(question->capacities.percent, (std::vector<double>{12.5, 25, 50}));
        options.quotas = true;
        QCOMPARE(textErrorOf(checkReroute(options)),
            QString("--quotas: quotas are divided by what was recorded (leave out --reroute)"));
        options.quotas = false;
        options.time.hardware = "phone";
        QVERIFY(textErrorOf(checkReroute(options)).startsWith("--hardware: "));
        options.time.hardware.clear();
        options.prefetch = {"previous"};
        QVERIFY(textErrorOf(checkReroute(options)).startsWith("--prefetch: "));
        options.prefetch.clear();
        options.policies = "opt";
        QVERIFY(textErrorOf(checkReroute(options)).startsWith("policy 'opt' "));
    }

    void questions()
    {
        CacheOptions options;
        const auto all = checkCaches(options);
        QVERIFY2(all, qPrintable(textErrorOf(all)));
        QCOMPARE(all->choice.policies.size(), simulation::policyRegistry().size());
        options.service = "sequential:resident";
        const auto some = checkCaches(options);
        QVERIFY(some && some->choice.policies.size() < all->choice.policies.size());
        QVERIFY(leftOutText(some->choice).find("opt") != std::string::npos);
        options.policies = "lru,opt";
        QVERIFY(textErrorOf(checkCaches(options)).startsWith("policy 'opt' "));
        const auto wrong = [](const auto& change) {
            CacheOptions changed;
            change(changed);
            return textErrorOf(checkCaches(changed));
        };
        QVERIFY(wrong([](CacheOptions& o) { o.capacities = "0"; }).startsWith("--capacity: "));
        QVERIFY(wrong([](CacheOptions& o) { o.expertBytes = "big"; }).startsWith("--expert-bytes: "));
        QVERIFY(wrong([](CacheOptions& o) { o.time.level = "2"; }).startsWith("--level: "));
        QVERIFY(wrong([](CacheOptions& o) {
            o.time.hardware = "phone";
            o.prefillChunk = 4;
        }).startsWith("--hardware: steps of a prompt and of decoding differ in length"));
        QVERIFY(wrong([](CacheOptions& o) {
            o.time.hardware = "phone";
            o.time.level = "3";
        }).startsWith("--level: level 3 is for replays with prefetches"));
    }
};

EXPERTSCOPE_TEST(TestCacheText)
#include "tst_cache_text.moc"
