for attempt in 1 2 3; do
ETAG=$(curl -sD - -o /dev/null \
-H "Authorization: Bearer $KUPE_API_KEY" \
"https://api.kupe.cloud/api/v1/tenants/<tenant>/clusters/<cluster>" \
| awk -F': ' '/^[Ee][Tt][Aa][Gg]:/ {gsub(/\r/,""); print $2}')
STATUS=$(curl -s -o /tmp/body -w "%{http_code}" -X PATCH \
-H "Authorization: Bearer $KUPE_API_KEY" \
-H "Content-Type: application/json" \
-H "If-Match: $ETAG" \
"https://api.kupe.cloud/api/v1/tenants/<tenant>/clusters/<cluster>" \
-d '{"version": "1.32"}')
if [ "$STATUS" = "200" ]; then
echo "Updated"
exit 0
elif [ "$STATUS" = "412" ]; then
echo "Conflict, retrying (attempt $attempt)"
continue
else
echo "Failed with $STATUS" >&2
cat /tmp/body >&2
exit 1
fi
done
echo "Gave up after 3 attempts" >&2
exit 1
