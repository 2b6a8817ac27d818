// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/test_main.h"
#include "views/session/job_tracker.h"

#include <QSignalSpy>
#include <QTest>
#include <QThread>
#include <QThreadPool>

using namespace expertscope;

class TestJobTracker : public QObject
{
    Q_OBJECT
private slots:
    void deliversInTheOwnersThread()
    {
        JobTracker tracker;
        QSignalSpy finished(&tracker, &JobTracker::finished);
        QThread *worker = nullptr, *delivered = nullptr;
        const auto id = tracker.start([&](const JobTracker::Handle& handle) -> JobTracker::Delivery {
            worker = QThread::currentThread();
            handle.progress(0.5);
            return [&] { delivered = QThread::currentThread(); };
        });
        QVERIFY(tracker.running());
        QTRY_COMPARE(finished.size(), 1);
        QCOMPARE(finished[0][0].toULongLong(), id);
        QVERIFY(worker && worker != thread());
        QCOMPARE(delivered, thread());
        QVERIFY(!tracker.running());
    }

    void cancelIsHonouredAndNothingDelivered()
    {
        JobTracker tracker;
        std::atomic<int> questions{0};
        std::atomic<bool> stopped{false};
        bool delivered = false;
        tracker.start([&](const JobTracker::Handle& handle) -> JobTracker::Delivery {
            do {
                QThread::msleep(1);
                ++questions;
            } while (!handle.cancelled());
            stopped = true;
            return [&] { delivered = true; };
        });
        QTRY_VERIFY(questions > 0);
        QSignalSpy cancelled(&tracker, &JobTracker::cancelled);
        tracker.cancel();
        const int before = questions;
        QCOMPARE(cancelled.size(), 1);
        QVERIFY(!tracker.running());
        QTRY_VERIFY(stopped);
        QVERIFY(questions <= before + 1); // the first question after cancel() is answered with yes
        QTest::qWait(50);
        QVERIFY(!delivered);
    }

    void theNewestWins()
    {
        JobTracker tracker;
        QList<int> delivered;
        for (int i = 0; i < 20; ++i) {
            tracker.start([i, &delivered](const JobTracker::Handle&) -> JobTracker::Delivery {
                QThread::msleep(ulong(i % 3)); // finishes in any order, deliveries of old ones may be queued already
                return [i, &delivered] { delivered << i; };
            });
            if (i % 5 == 0)
                QThread::msleep(5);
        }
        QTRY_VERIFY(!tracker.running());
        QThreadPool::globalInstance()->waitForDone();
        QTest::qWait(20);
        QCOMPARE(delivered, QList<int>({19}));
    }

    void aQueuedDeliveryOfACancelledJobIsDropped()
    {
        JobTracker tracker;
        bool delivered = false;
        tracker.start([&](const JobTracker::Handle&) -> JobTracker::Delivery { return [&] { delivered = true; }; });
        QThreadPool::globalInstance()->waitForDone(); // posted, but this thread's event loop has not run
        tracker.cancel();
        QTest::qWait(20);
        QVERIFY(!delivered);
    }

    void mayDieWhileAJobRuns()
    {
        auto tracker = std::make_unique<JobTracker>();
        std::atomic<bool> runs{false}, ended{false};
        bool delivered = false;
        tracker->start([&](const JobTracker::Handle& handle) -> JobTracker::Delivery {
            runs = true;
            while (!handle.cancelled())
                handle.progress(0.3);
            ended = true;
            return [&] { delivered = true; };
        });
        QTRY_VERIFY(runs);
        tracker.reset();
        QTRY_VERIFY(ended);
        QThreadPool::globalInstance()->waitForDone();
        QTest::qWait(20);
        QVERIFY(!delivered);
    }

    void progressComesInSteps()
    {
        JobTracker tracker;
        QSignalSpy progressed(&tracker, &JobTracker::progressed);
        tracker.start([](const JobTracker::Handle& handle) -> JobTracker::Delivery {
            for (int i = 0; i <= 100000; ++i)
                handle.progress(i / 100000.0);
            return {};
        });
        QTRY_VERIFY(!tracker.running());
        QVERIFY(progressed.size() <= 1001 && progressed.size() >= 1000);
        QCOMPARE(progressed.last()[0].toDouble(), 1.0);
    }
};

EXPERTSCOPE_TEST(TestJobTracker)
#include "tst_job_tracker.moc"
