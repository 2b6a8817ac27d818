// SPDX-License-Identifier: GPL-3.0-or-later
//
// Results on disk, their size, and how files are told apart.
#include "analysis/study/result_cache.h"
#include "tests/support/test_main.h"

#include <QFile>
#include <QTemporaryDir>

#include <set>

#include <fcntl.h>
#include <unistd.h>

using namespace expertscope;
namespace fs = std::filesystem;

struct Opened
{
    explicit Opened(const QString& path)
        : file(::open(path.toUtf8().constData(), O_RDONLY | O_CLOEXEC))
    {
    }
    ~Opened() { ::close(file); }
    Opened(const Opened&) = delete;
    const int file;
};

static Results someResults(double value, std::size_t bytes = 0)
{
    Results results;
    ResultRow row;
    row.metric = "m";
    row.value = value;
    row.other["text"] = std::string(bytes, 'x');
    results.rows.push_back(row);
    return results;
}

static std::string key(int i)
{
    return std::string(63, 'a') + char('a' + i);
}

class TestResultFiles : public QObject
{
    Q_OBJECT

    QTemporaryDir m_folder;

    QString at(const QString& name) const { return m_folder.filePath(name); }
    void write(const QString& name, const QByteArray& bytes) const
    {
        QFile file(at(name));
        QVERIFY(file.open(QIODevice::WriteOnly | QIODevice::Truncate) && file.write(bytes) == bytes.size());
    }

private slots:
    void nothingIsLost()
    {
        const ResultCache cache(at("whole").toStdString());
        Results results;
        for (int i = 0; i < 30; ++i) {
            ResultRow& row = results.rows.emplace_back();
            row.metric = "m" + std::to_string(i);
            row.extreme = i % 7 == 2;
            row.expert = ExpertIndex(std::uint16_t(i));
            row.value = i / 3.0;
            row.interval = {{i / 7.0, i / 3.0}};
            row.label = {{"language", "de"}};
            row.params = {{"m", 4.0}, {"which", std::string("next")}};
        }
        cache.store(key(0), results);
        const auto found = cache.find(key(0));
        QVERIFY(found);
        QCOMPARE(found->rows.size(), results.rows.size());
        for (std::size_t i = 0; i < results.rows.size(); ++i) {
            const ResultRow &a = results.rows[i], &b = found->rows[i];
            QVERIFY(keyOf(a) == keyOf(b) && a.extreme == b.extreme && a.expert == b.expert && a.value == b.value
                && a.interval == b.interval);
        }
    }

    void keysAreOfAllThatMatters()
    {
        const std::string a(64, 'a'), b(64, 'b');
        const auto keyOf = [](const std::vector<std::string>& contents, const char* question) {
            return ResultCache::keyOf(contents, question);
        };
        const std::set<std::string> keys{keyOf({a}, "x"), keyOf({b}, "x"), keyOf({a}, "y"), keyOf({a, b}, "x"),
            keyOf({b, a}, "x"), keyOf({a, a}, "x"), keyOf({}, "x")};
        QCOMPARE(keys.size(), 7u);
        QCOMPARE(keyOf({a}, "x"), keyOf({a}, "x"));
        QVERIFY(keyOf({a, ""}, "x").empty()); // one that could not be read
    }

    void sizeIsBounded()
    {
        const fs::path folder = at("bounded").toStdString();
        const ResultCache cache(folder, 50'000);
        const auto size = [&] {
            std::uint64_t bytes = 0;
            for (const auto& entry : fs::directory_iterator(folder / "results"))
                bytes += entry.file_size();
            return bytes;
        };
        const auto age = [&](int i, int seconds) {
            fs::last_write_time(
                folder / "results" / key(i), fs::file_time_type::clock::now() - std::chrono::seconds(seconds));
        };
        for (int i = 0; i < 4; ++i) {
            cache.store(key(i), someResults(i, 10'000));
            age(i, 1000 - i);
        }
        QVERIFY(cache.find(key(0))); // used now: no longer the oldest
        cache.store(key(4), someResults(4, 10'000));
        QVERIFY(size() <= 50'000);
        QVERIFY(cache.find(key(0)) && !cache.find(key(1)) && cache.find(key(4)));
        // One that would push out everything else is not kept.
        cache.store(key(5), someResults(5, 20'000));
        QVERIFY(!cache.find(key(5)) && cache.find(key(4)));
        const auto found = cache.find(key(4));
        QCOMPARE(*found->rows.front().value, 4.0);
    }

    void hashesAreOfTheContent()
    {
        // Around the length of a piece, and a whole file of them.
        const QByteArray piece(16 << 20, 'p');
        std::set<std::string> hashes;
        int tried = 0;
        for (const QByteArray& bytes : {QByteArray(), QByteArray("x"), piece, piece + "x", piece + piece}) {
            write("hashed", bytes);
            const std::string hash = contentHash(Opened(at("hashed")).file);
            QCOMPARE(hash.size(), 64u);
            hashes.insert(hash);
            ++tried;
        }
        QCOMPARE(int(hashes.size()), tried);
        QVERIFY(contentHash(Opened(at("nothing")).file).empty());
        QVERIFY(contentHash(Opened(m_folder.path()).file).empty());
    }

    void hashesAreOfAState()
    {
        const ResultCache cache(at("hashes").toStdString());
        write("file", "one");
        const fs::path path = at("file").toStdString();
        const Opened opened(at("file"));
        const FileState before = fileState(opened.file);
        QVERIFY(!before.text.empty());
        QVERIFY(fileState(path) == before);
        QCOMPARE(cache.hashOf(opened.file, before, false), std::string()); // not known yet
        const std::string hash = cache.hashOf(opened.file, before, true);
        QCOMPARE(hash, contentHash(opened.file));
        // Another file under the name is none of ours: what is open is as it was, but for having lost its name.
        write("other", "another");
        fs::rename(at("other").toStdString(), path);
        QVERIFY(!(fileState(path) == before));
        QCOMPARE(contentHash(opened.file), hash);
        QCOMPARE(cache.hashOf(Opened(at("file")).file, before, true), std::string());
        // Written to.
        const Opened again(at("file"));
        const FileState old = fileState(again.file);
        write("file", "a third, longer one");
        QVERIFY(!(fileState(again.file) == old));
        QCOMPARE(cache.hashOf(again.file, old, true), std::string());
        QCOMPARE(cache.hashOf(-1, fileState(-1), true), std::string());
        QCOMPARE(ResultCache().hashOf(again.file, fileState(again.file), true), std::string());
        QVERIFY(fileState(m_folder.path().toStdString()).text.empty()); // a folder is no file
    }

    void fingerprintsTellFilesApart()
    {
        write("a", QByteArray(3'000'000, 'a'));
        const std::string a = fingerprintOf(Opened(at("a")).file);
        QCOMPARE(a.size(), 64u);
        QByteArray changed(3'000'000, 'a');
        changed[2'999'999] = 'b';
        write("b", changed);
        write("c", QByteArray(2'999'999, 'a'));
        write("d", "");
        std::set<std::string> all{a};
        for (const char* name : {"b", "c", "d"})
            all.insert(fingerprintOf(Opened(at(name)).file));
        QCOMPARE(all.size(), 4u);
        QVERIFY(fingerprintOf(Opened(at("nothing")).file).empty());
    }
};

EXPERTSCOPE_TEST(TestResultFiles)
#include "tst_result_files.moc"
