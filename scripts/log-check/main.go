// Command log-check checks signed event files and proofs with implementations of others: Go's notes and trees, and the
// checkpoints, proofs and cosignatures of transparency.dev. The tests compare its answers with those of this package.
//
//	log-check note VKEY... <NOTE     opens a checkpoint
//	log-check proof VKEY... <PROOF   checks that the event in a proof is in the tree of its checkpoint
//	log-check events VKEY... <FILE   builds the tree of each stream, and checks each checkpoint against it
//
// It prints one JSON object, or an error and exit code 1.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/transparency-dev/formats/log"
	cosignature "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type signer struct {
	Name string `json:"name"`
	// Seconds since the epoch, of a witness.
	Time int64 `json:"time,omitempty"`
}

type checkpoint struct {
	Origin     string   `json:"origin"`
	Size       uint64   `json:"size"`
	Root       string   `json:"root"`
	Extensions []string `json:"extensions"`
	Signers    []signer `json:"signers"`
}

type provenEvent struct {
	Index uint64 `json:"index"`
	Event string `json:"event"`
	checkpoint
}

type stream struct {
	ID          string   `json:"id"`
	Events      int64    `json:"events"`
	Checkpoints []uint64 `json:"checkpoints"`
	Cosigned    int      `json:"cosigned"`
	Final       bool     `json:"final"`
	EndSigned   bool     `json:"end_signed"`

	hashes []tlog.Hash
	last   *checkpoint
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "log-check:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: log-check note|proof|events VKEY...")
	}
	verifiers, err := verifiersOf(args[1:])
	if err != nil {
		return err
	}
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	var answer any
	switch args[0] {
	case "note":
		answer, err = openCheckpoint(input, verifiers)
	case "proof":
		answer, err = checkProof(input, verifiers)
	case "events":
		answer, err = checkEvents(input, verifiers)
	default:
		err = fmt.Errorf("unknown command %q", args[0])
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(answer)
}

// The type of a key is the first byte of its last part: 4 is a witness.
func verifiersOf(vkeys []string) ([]note.Verifier, error) {
	var verifiers []note.Verifier
	for _, vkey := range vkeys {
		parts := strings.SplitN(vkey, "+", 3)
		if len(parts) != 3 {
			return nil, fmt.Errorf("%q is not a verifier key", vkey)
		}
		key, err := base64.StdEncoding.DecodeString(parts[2])
		if err != nil || len(key) == 0 {
			return nil, fmt.Errorf("%q is not a verifier key", vkey)
		}
		verifier, err := note.NewVerifier(vkey)
		if key[0] == 4 {
			verifier, err = cosignature.NewVerifierForCosignatureV1(vkey)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", vkey, err)
		}
		verifiers = append(verifiers, verifier)
	}
	return verifiers, nil
}

func openCheckpoint(text []byte, verifiers []note.Verifier) (*checkpoint, error) {
	opened, err := note.Open(text, note.VerifierList(verifiers...))
	if err != nil {
		return nil, err
	}
	var parsed log.Checkpoint
	rest, err := parsed.Unmarshal([]byte(opened.Text))
	if err != nil {
		return nil, err
	}
	answer := &checkpoint{
		Origin:     parsed.Origin,
		Size:       parsed.Size,
		Root:       base64.StdEncoding.EncodeToString(parsed.Hash),
		Extensions: strings.Split(strings.TrimSuffix(string(rest), "\n"), "\n"),
	}
	for _, signature := range opened.Sigs {
		one := signer{Name: signature.Name}
		// 4 bytes of the key id, 8 of the time, 64 of the signature.
		if raw, _ := base64.StdEncoding.DecodeString(signature.Base64); len(raw) == 76 {
			seen, err := cosignature.CoSigV1Timestamp(signature)
			if err != nil {
				return nil, err
			}
			one.Time = seen.Unix()
		}
		answer.Signers = append(answer.Signers, one)
	}
	return answer, nil
}

func checkProof(text []byte, verifiers []note.Verifier) (*provenEvent, error) {
	var parsed proof.TLogProof
	if err := parsed.Unmarshal(text); err != nil {
		return nil, err
	}
	signed, err := openCheckpoint(parsed.Checkpoint, verifiers)
	if err != nil {
		return nil, err
	}
	root, err := tlog.ParseHash(signed.Root)
	if err != nil {
		return nil, err
	}
	var event event
	if err := json.Unmarshal(parsed.ExtraData, &event); err != nil {
		return nil, err
	}
	leaf, err := event.leaf()
	if err != nil {
		return nil, err
	}
	var path tlog.RecordProof
	for _, hash := range parsed.Hashes {
		path = append(path, tlog.Hash(hash))
	}
	if err := tlog.CheckRecord(path, int64(signed.Size), root, int64(parsed.Index), leaf); err != nil {
		return nil, err
	}
	return &provenEvent{Index: parsed.Index, Event: event.ID, checkpoint: *signed}, nil
}

type event struct {
	ID          string `json:"event_id"`
	Session     string `json:"session_id"`
	Type        string `json:"type"`
	ContentHash string `json:"content_hash"`
	Proof       string `json:"worm_proof_id"`
	Metadata    struct {
		Message    string `json:"message"`
		Checkpoint string `json:"checkpoint"`
		StreamID   string `json:"stream_id"`
	} `json:"metadata"`
}

func (e *event) leaf() (tlog.Hash, error) {
	data, err := hex.DecodeString(e.ContentHash)
	if err != nil {
		return tlog.Hash{}, err
	}
	return tlog.RecordHash(data), nil
}

// Sessions with the same id in two streams of a file are not told apart.
func checkEvents(text []byte, verifiers []note.Verifier) (map[string][]*stream, error) {
	streams := []*stream{}
	ofSession := map[string]*stream{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for number := 1; lines.Scan(); number++ {
		var one event
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if one.Type == "EVENT_TYPE_SESSION_START" {
			id := one.Metadata.StreamID
			if one.Session == id {
				streams = append(streams, &stream{ID: id, Checkpoints: []uint64{}})
				ofSession[id] = streams[len(streams)-1]
			}
			ofSession[one.Session] = ofSession[id]
		}
		owner := ofSession[one.Session]
		if owner == nil {
			return nil, fmt.Errorf("line %d: the event belongs to no stream", number)
		}
		if err := owner.add(&one, verifiers); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
	}
	return map[string][]*stream{"streams": streams}, lines.Err()
}

func (s *stream) add(e *event, verifiers []note.Verifier) error {
	leaf, err := e.leaf()
	if err != nil {
		return err
	}
	hashes, err := tlog.StoredHashesForRecordHash(s.Events, leaf, s)
	if err != nil {
		return err
	}
	s.hashes = append(s.hashes, hashes...)
	s.Events++
	if e.Session != s.ID {
		return nil
	}
	switch {
	case e.Metadata.Message == "checkpoint":
		return s.addCheckpoint(e, verifiers)
	case e.Metadata.Message == "checkpoint cosigned":
		cosigned, err := openCheckpoint([]byte(e.Metadata.Checkpoint), verifiers)
		if err == nil && len(cosigned.Signers) > 1 {
			s.Cosigned++
		}
		return err
	case e.Type == "EVENT_TYPE_SESSION_END" && e.Proof != "":
		return s.checkEnd(e, verifiers)
	}
	return nil
}

func (s *stream) addCheckpoint(e *event, verifiers []note.Verifier) error {
	signed, err := openCheckpoint([]byte(e.Metadata.Checkpoint), verifiers)
	if err != nil {
		return err
	}
	if err := s.check(signed); err != nil {
		return err
	}
	if s.last != nil {
		if err := s.checkGrowth(s.last, signed); err != nil {
			return err
		}
	}
	s.last = signed
	s.Checkpoints = append(s.Checkpoints, signed.Size)
	for _, line := range signed.Extensions {
		s.Final = s.Final || line == "final"
	}
	return nil
}

// The signature in an END is over three lines that the END does not repeat.
func (s *stream) checkEnd(e *event, verifiers []note.Verifier) error {
	root, err := tlog.TreeHash(s.Events, s)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("%s\n%d\n%s\n\n— %s\n", s.ID, s.Events, root, e.Proof)
	_, err = openCheckpoint([]byte(text), verifiers)
	s.EndSigned = err == nil
	return err
}

func (s *stream) check(signed *checkpoint) error {
	if signed.Origin != s.ID {
		return fmt.Errorf("the checkpoint is of %s and not of %s", signed.Origin, s.ID)
	}
	if int64(signed.Size) > s.Events {
		return fmt.Errorf("the checkpoint covers %d events, and %d are here", signed.Size, s.Events)
	}
	root, err := tlog.TreeHash(int64(signed.Size), s)
	if err == nil && root.String() != signed.Root {
		err = fmt.Errorf("the root of %d events is %s and not %s", signed.Size, root, signed.Root)
	}
	return err
}

func (s *stream) checkGrowth(before, after *checkpoint) error {
	growth, err := tlog.ProveTree(int64(after.Size), int64(before.Size), s)
	if err != nil {
		return err
	}
	old, err := tlog.ParseHash(before.Root)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(after.Root)
	if err != nil {
		return err
	}
	return tlog.CheckTree(growth, int64(after.Size), root, int64(before.Size), old)
}

// ReadHashes makes a stream the store of its own hashes.
func (s *stream) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, 0, len(indexes))
	for _, index := range indexes {
		if index >= int64(len(s.hashes)) {
			return nil, fmt.Errorf("hash %d is not here", index)
		}
		hashes = append(hashes, s.hashes[index])
	}
	return hashes, nil
}
